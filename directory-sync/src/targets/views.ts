import type { ServiceContext } from '@edutrust/platform/context';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import type { Contract } from '../model/contract.ts';
import type { TargetState } from '../tables.ts';
import { readTargets } from './store.ts';

/** A target without its secret. */
export interface TargetView {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /** As the kind's schema has them. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly contract: Contract;
  readonly organisationId: string;
  readonly state: TargetState;
  readonly lastRunAt: Date | null;
  /** Why the last run did not bring it in step. */
  readonly failure: Text | null;
  /** Its stable code. */
  readonly failureCode: string | null;
  /** The run that waits for a second person. */
  readonly heldRunId: string | null;
  /** People who changed and are not there yet. */
  readonly pending: number;
}

export async function listTargets({ db }: Pick<ServiceContext, 'db'>): Promise<TargetView[]> {
  const rows = await readTargets(db);
  const about = await sql<{
    id: string;
    failure: Text | null;
    failure_code: string | null;
    held_run_id: string | null;
    pending: number;
  }>`
    SELECT t.id, last.failure_detail AS failure, last.failure AS failure_code,
      (SELECT h.id FROM sync.run AS h WHERE h.target_id = t.id AND h.state = 'held') AS held_run_id,
      (SELECT count(*) FROM sync.pending AS p WHERE p.target_id = t.id) AS pending
    FROM sync.target AS t LEFT JOIN LATERAL (
      SELECT failure, failure_detail FROM sync.run AS r WHERE r.target_id = t.id AND r.mode = 'apply' ORDER BY r.id DESC LIMIT 1
    ) AS last ON true`.execute(db);
  const byId = new Map(about.rows.map((row) => [row.id, row]));
  return rows.map(({ id, name, kind, settings, contract, organisation_id, state, last_run_at }) => ({
    id,
    name,
    kind,
    settings,
    contract,
    organisationId: organisation_id,
    state,
    lastRunAt: last_run_at,
    failure: byId.get(id)?.failure ?? null,
    failureCode: byId.get(id)?.failure_code ?? null,
    heldRunId: byId.get(id)?.held_run_id ?? null,
    pending: byId.get(id)?.pending ?? 0,
  }));
}
