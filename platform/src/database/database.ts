import type { Kysely, Transaction as KyselyTransaction } from 'kysely';
import type { Pool } from 'pg';

/**
 * The database as a workspace sees it. Table names carry their schema (`'registry.person'`); a workspace gets its own
 * tables with `db.withTables<RegistryTables>()`.
 */
// biome-ignore lint/complexity/noBannedTypes: no table is known here; workspaces add their own
export type Database = Kysely<{}>;
// biome-ignore lint/complexity/noBannedTypes: as above; every transaction of any workspace fits
export type Transaction = KyselyTransaction<{}> | KyselyTransaction<any>;

export interface OpenDatabase {
  readonly db: Database;
  readonly pool: Pool;
  close(): Promise<void>;
}
