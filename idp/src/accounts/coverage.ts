import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';

/** Of those who learn or work at an organisation and below it: how many there are, and how many have activated. */
export interface Coverage {
  readonly organisationId: string;
  readonly people: number;
  readonly active: number;
}

/** Of these organisations those in or below `scope`, the others are left out; one without people counts none. */
export async function coverageOf(
  db: Database,
  organisationIds: readonly string[],
  scope: readonly string[],
): Promise<Coverage[]> {
  const { rows } = await sql<Coverage>`
    SELECT o.id AS "organisationId", count(DISTINCT f.person_id)::int AS people,
      (count(DISTINCT f.person_id) FILTER (WHERE a.status = 'active'))::int AS active
    FROM registry.organisation AS o
    JOIN registry.organisation AS below ON below.path @> ARRAY[o.id]
    LEFT JOIN registry.affiliation AS f
      ON f.organisation_id = below.id AND f.valid_until IS NULL AND f.role IN ('learner', 'teacher', 'staff')
    LEFT JOIN idp.account AS a ON a.person_id = f.person_id
    WHERE o.id = ANY(${[...organisationIds]}::uuid[]) AND o.path && ${[...scope]}::uuid[]
    GROUP BY o.id`.execute(db);
  return rows;
}
