import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';

/** Imports by the file that they were of, where every school in them is within reach. */
export async function rosterNames(
  db: Database,
  ids: readonly string[],
  within: readonly string[],
): Promise<{ id: string; name: string }[]> {
  const { rows } = await sql<{ id: string; name: string }>`
    SELECT p.id, p.file_name AS name FROM registry.roster_plan AS p
    WHERE p.id = ANY(${[...ids]}::uuid[]) AND p.organisation_ids <> '{}' AND NOT EXISTS (
      SELECT FROM registry.organisation AS o WHERE o.id = ANY(p.organisation_ids) AND NOT o.path && ${[...within]}::uuid[])`.execute(
    db,
  );
  return rows;
}
