import type pg from 'pg';

/** A table whose rows a backup holds. */
export interface Table {
  /** `registry.person`; every name of ours is lower case and needs no quotes. */
  readonly name: string;
  /** Those that are not computed from others. */
  readonly columns: readonly string[];
}

/** What migrations write by themselves; a restore makes it anew. */
const madeByMigrations = ['platform.migration', 'graphile_worker.migrations'];

/** Anything that answers queries: a pool, or the connection whose snapshot counts. */
type Queries = Pick<pg.Pool | pg.PoolClient, 'query'>;

/** The tables whose loss would lose something, each after those that it refers to. UNLOGGED ones are not among them. */
export async function listTables(database: Queries, schemas: readonly string[]): Promise<Table[]> {
  const { rows } = await database.query<Table>(
    `SELECT n.nspname || '.' || c.relname AS name,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname = ANY($1)
     GROUP BY 1 ORDER BY 1`,
    [schemas],
  );
  const references = await database.query<{ name: string; refers_to: string }>(
    `SELECT n.nspname || '.' || c.relname AS name, fn.nspname || '.' || f.relname AS refers_to
     FROM pg_constraint AS k
     JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
     JOIN pg_class AS f ON f.oid = k.confrelid JOIN pg_namespace AS fn ON fn.oid = f.relnamespace
     WHERE k.contype = 'f' AND c.oid <> f.oid AND n.nspname = ANY($1)`,
    [schemas],
  );
  const tables = rows.filter(({ name }) => !madeByMigrations.includes(name));
  const ordered: Table[] = [];
  const place = (table: Table, above: readonly string[]) => {
    if (ordered.includes(table)) return;
    if (above.includes(table.name))
      throw new Error(`tables refer to each other: ${[...above, table.name].join(' → ')}`);
    for (const { refers_to } of references.rows.filter(({ name }) => name === table.name)) {
      const referred = tables.find(({ name }) => name === refers_to);
      if (referred) place(referred, [...above, table.name]);
    }
    ordered.push(table);
  };
  for (const table of tables) place(table, []);
  return ordered;
}

/** How far each sequence has counted; those that never did are left out. */
export async function listSequences(database: Queries, schemas: readonly string[]): Promise<Record<string, number>> {
  const { rows } = await database.query<{ name: string; value: number }>(
    `SELECT schemaname || '.' || sequencename AS name, last_value AS value FROM pg_sequences
     WHERE schemaname = ANY($1) AND last_value IS NOT NULL ORDER BY 1`,
    [schemas],
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** The first table that holds a row. */
export async function findRow(database: Queries, tables: readonly Table[]): Promise<string | undefined> {
  for (const { name } of tables) {
    const { rows } = await database.query(`SELECT FROM ${name} LIMIT 1`);
    if (rows.length > 0) return name;
  }
  return undefined;
}
