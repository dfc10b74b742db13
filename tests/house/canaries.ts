import type pg from 'pg';

/** What one school's people may read, and what of every other school must never be in an answer to them (T3). */
export interface Canaries {
  /** What in the text belongs to another school than this one, apart from what was in the question. */
  foreignIn(text: string, schoolId: string, asked: string): string[];
  /** The word that stands in the names of the school's things. */
  wordOf(schoolId: string): string;
}

const word = /Kanari-[A-Z]+\d+/g;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Columns with words that people of a school gave to things of theirs. */
const named: readonly (readonly [table: string, column: string])[] = [
  ['sync.target', 'name'],
  ['sync.client', 'name'],
  ['idp.app', 'name'],
  ['signing.enrolment', 'title'],
  ['signing.enrolment', 'device_name'],
  ['signing.sealing_machine', 'name'],
  ['signing.request', 'title'],
  ['certs.certificate', 'subject'],
  ['certs.request', 'reason'],
];

/**
 * Puts one word a school into the names of its people and things, and notes the ids of everything that says by its
 * columns whose it is: a table that is added later is noted by itself.
 */
export async function plantCanaries(
  pool: pg.Pool,
  schools: readonly { readonly id: string; readonly code: string }[],
): Promise<Canaries> {
  const owners = new Map<string, string>(); // an id or a word → its school
  const words = new Map<string, string>();
  for (const { id, code } of schools) {
    const mark = `Kanari-${code}`;
    words.set(id, mark);
    owners.set(mark, id);
    owners.set(id, id);
    // Of this school alone: who also belongs elsewhere, or has a child there, is no secret there.
    const { rows: people } = await pool.query<{ id: string }>(
      `UPDATE registry.person AS p SET full_name = $2 || ' ' || right(p.id::text, 4)
       WHERE home_organisation_id = $1 AND NOT EXISTS (
           SELECT FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.organisation_id <> $1)
         AND NOT EXISTS (SELECT FROM registry.role_assignment AS r WHERE r.person_id = p.id AND r.organisation_id <> $1)
         AND NOT EXISTS (
           SELECT FROM registry.guardianship AS g JOIN registry.person AS o ON o.id IN (g.child_id, g.guardian_id)
           WHERE p.id IN (g.child_id, g.guardian_id) AND o.home_organisation_id IS DISTINCT FROM $1)
       RETURNING id`,
      [id, mark],
    );
    for (const person of people) owners.set(person.id, id);
    for (const [table, column] of named)
      await pool.query(`UPDATE ${table} SET ${column} = $2 WHERE organisation_id = $1`, [id, mark]);
    for (const [table, column] of await tablesThatSayWhose(pool)) {
      const { rows } = await pool.query<{ id: string }>(
        `SELECT id::text AS id FROM ${table} WHERE ${column} = ANY($1::uuid[])`,
        [column === 'organisation_id' ? [id] : people.map((person) => person.id)],
      );
      for (const row of rows) owners.set(row.id, id);
    }
  }
  return {
    wordOf: (schoolId) => words.get(schoolId) ?? '',
    foreignIn: (text, schoolId, asked) => {
      const found = new Set([...(text.match(word) ?? []), ...(text.match(uuid) ?? [])]);
      return [...found].filter((one) => {
        const owner = owners.get(one);
        return owner !== undefined && owner !== schoolId && !asked.includes(one);
      });
    },
  };
}

async function tablesThatSayWhose(pool: pg.Pool): Promise<[table: string, column: string][]> {
  const { rows } = await pool.query<{ table: string; column: string }>(
    `SELECT c.table_schema || '.' || c.table_name AS table, c.column_name AS column
     FROM information_schema.columns AS c
     JOIN information_schema.columns AS k USING (table_schema, table_name)
     JOIN information_schema.tables AS t USING (table_schema, table_name)
     WHERE c.table_schema IN ('registry', 'idp', 'certs', 'signing', 'sync') AND t.table_type = 'BASE TABLE'
       AND c.column_name IN ('organisation_id', 'person_id') AND c.data_type = 'uuid'
       AND k.column_name = 'id' AND k.data_type = 'uuid'
     ORDER BY c.column_name = 'person_id'`,
  );
  return rows.map(({ table, column }) => [table, column]);
}
