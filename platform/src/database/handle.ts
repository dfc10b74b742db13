import type { Kysely, Transaction as KyselyTransaction } from 'kysely';

/**
 * The database as a workspace sees it. Table names carry their schema (`'registry.person'`); a workspace gets its own
 * tables with `db.withTables<RegistryTables>()`.
 */
// biome-ignore lint/complexity/noBannedTypes: no table is known here; workspaces add their own
export type Database = Kysely<{}>;
// biome-ignore lint/suspicious/noExplicitAny: a transaction of any workspace's tables fits
export type Transaction = KyselyTransaction<any>;
