import type pg from 'pg';

/** Shorter ones stand in answers by chance. */
const shortest = 12;

/**
 * What is stored of secrets, in every spelling that an answer could hold: hashes of passwords, codes, badges and cookies,
 * encrypted keys, attestations. Columns are found by their names, so that a table that is added later is looked at by
 * itself.
 */
export async function storedSecrets(pool: pg.Pool): Promise<{ values: Map<string, string>; columns: Set<string> }> {
  const { rows: columns } = await pool.query<{ table: string; column: string; type: string }>(
    `SELECT c.table_schema || '.' || c.table_name AS table, c.column_name AS column, c.data_type AS type
     FROM information_schema.columns AS c JOIN information_schema.tables AS t USING (table_schema, table_name)
     WHERE c.table_schema IN ('registry', 'idp', 'certs', 'signing', 'sync') AND t.table_type = 'BASE TABLE'
       AND c.data_type IN ('bytea', 'text')
       AND (c.column_name ~ '^(sealed|sealed_.*|id_hash|.*(secret|code|password|token)_hash|attestation|.*_attestation)$'
         OR c.table_schema = 'idp' AND c.column_name = 'hash')`,
  );
  const values = new Map<string, string>();
  const found = new Set<string>();
  for (const { table, column, type } of columns) {
    const name = `${table}.${column}`;
    const { rows } = await pool.query<{ value: Buffer | string }>(
      `SELECT DISTINCT ${column} AS value FROM ${table} WHERE ${column} IS NOT NULL LIMIT 1000`,
    );
    if (rows.length > 0) found.add(name);
    for (const { value } of rows) {
      const spellings =
        type === 'text' || typeof value === 'string'
          ? [String(value)]
          : (['hex', 'base64', 'base64url'] as const).map((encoding) => Buffer.from(value).toString(encoding));
      for (const one of spellings) if (one.length >= shortest) values.set(one.slice(0, 40), name);
    }
  }
  return { values, columns: found };
}

/** Which stored secrets are in the text, by their columns. */
export function secretsIn(text: string, values: ReadonlyMap<string, string>): string[] {
  return [...new Set([...values].flatMap(([value, column]) => (text.includes(value) ? [column] : [])))];
}
