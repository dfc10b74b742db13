import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';

/** The organisations that each person belongs to, or belonged to last; people who never did are left out. */
export async function schoolsOf(db: Database, personIds: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ person_id: string; ids: string[] }>`
    SELECT f.person_id, array_agg(DISTINCT f.organisation_id) AS ids FROM registry.affiliation AS f
    WHERE f.person_id = ANY(${[...personIds]}::uuid[]) AND f.valid_until IS NOT DISTINCT FROM (
      SELECT l.valid_until FROM registry.affiliation AS l WHERE l.person_id = f.person_id
      ORDER BY l.valid_until DESC NULLS FIRST LIMIT 1)
    GROUP BY f.person_id`.execute(db);
  return new Map(rows.map(({ person_id, ids }) => [person_id, ids]));
}

/** How many active people belong to the organisation or below it now. */
export async function countActivePeople(db: Database, organisationId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(DISTINCT p.id) AS count FROM registry.person AS p
    JOIN registry.affiliation AS f ON f.person_id = p.id AND f.valid_until IS NULL
    JOIN registry.organisation AS o ON o.id = f.organisation_id
    WHERE p.status = 'active' AND o.path @> ARRAY[${organisationId}::uuid]`.execute(db);
  return rows[0]?.count ?? 0;
}
