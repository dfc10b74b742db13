import type { Database } from '@edutrust/platform/database';
import { syncOf } from '../tables.ts';

/** Names of targets by their ids, as who set them up called them. */
export async function targetNames(db: Database, ids: readonly string[]): Promise<{ id: string; name: string }[]> {
  return syncOf(db).selectFrom('sync.target').select(['id', 'name']).where('id', 'in', ids).execute();
}

/** As {@link targetNames}, of the systems that read from here. */
export async function clientNames(db: Database, ids: readonly string[]): Promise<{ id: string; name: string }[]> {
  return syncOf(db).selectFrom('sync.client').select(['id', 'name']).where('id', 'in', ids).execute();
}
