import type { ServiceContext } from '@edutrust/platform/context';
import { readTargets } from './store.ts';

export { type RunResult, runTarget } from '../engine/run.ts';
export { addTarget, type NewTarget } from './store.ts';

/** A target without its password. */
export interface TargetView {
  readonly id: string;
  readonly name: string;
  readonly kind: 'ldap';
  readonly url: string;
  readonly baseDn: string;
  readonly organisationId: string;
  readonly state: 'healthy' | 'slow' | 'paused';
  readonly lastRunAt: Date | null;
}

export async function listTargets({ db }: Pick<ServiceContext, 'db'>): Promise<TargetView[]> {
  const rows = await readTargets(db);
  return rows.map(({ id, name, kind, url, base_dn, organisation_id, state, last_run_at }) => ({
    id,
    name,
    kind,
    url,
    baseDn: base_dn,
    organisationId: organisation_id,
    state,
    lastRunAt: last_run_at,
  }));
}
