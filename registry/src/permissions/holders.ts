import type { Database, Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { type Action, hasAction, type Role, roles } from './roles.ts';

/** Some of those who may do the action to things of the organisation, the nearest first: to notify them. */
export async function holdersOf(
  db: Database | Transaction,
  action: Action,
  organisationId: string,
  limit: number,
): Promise<string[]> {
  const holding = roles.filter((role) => hasAction(role, action));
  const { rows } = await sql<{ person_id: string }>`
    SELECT person_id FROM (
      SELECT DISTINCT ON (r.person_id) r.person_id, cardinality(o.path) AS depth
      FROM registry.role_assignment AS r JOIN registry.person AS p ON p.id = r.person_id
      JOIN registry.organisation AS o ON o.id = r.organisation_id
      WHERE r.ended_at IS NULL AND p.status = 'active' AND r.role = ANY(${holding}::text[])
        AND o.id IN (SELECT unnest(path) FROM registry.organisation WHERE id = ${organisationId})
      ORDER BY r.person_id, depth DESC) AS holder
    ORDER BY depth DESC, person_id LIMIT ${limit}`.execute(db);
  return rows.map(({ person_id }) => person_id);
}

/** How many people hold a role now, and at how many organisations, in and below the given ones. */
export async function countHolders(
  db: Database,
  role: Role,
  scope: readonly string[],
): Promise<{ readonly people: number; readonly organisations: number }> {
  const { rows } = await sql<{ people: number; organisations: number }>`
    SELECT count(DISTINCT r.person_id) AS people, count(DISTINCT r.organisation_id) AS organisations
    FROM registry.role_assignment AS r JOIN registry.person AS p ON p.id = r.person_id AND p.status = 'active'
    JOIN registry.organisation AS o ON o.id = r.organisation_id
    WHERE r.role = ${role} AND r.ended_at IS NULL AND o.path && ${[...scope]}::uuid[]`.execute(db);
  return rows[0] ?? { people: 0, organisations: 0 };
}
