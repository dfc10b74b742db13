import type { Database } from '@edutrust/platform/database';
import { idpOf } from '../tables.ts';

/** Names of apps by their client ids: what a launcher shows anybody, so the same for every reader. */
export async function appNames(db: Database, ids: readonly string[]): Promise<{ id: string; name: string }[]> {
  return idpOf(db).selectFrom('idp.app').select(['client_id as id', 'name']).where('client_id', 'in', ids).execute();
}
