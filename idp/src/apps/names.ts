import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { idpOf } from '../tables.ts';

/** Names of apps by their client ids: what a launcher shows anybody, so the same for every reader. */
export async function appNames(db: Database, ids: readonly string[]): Promise<{ id: string; name: string }[]> {
  return idpOf(db).selectFrom('idp.app').select(['client_id as id', 'name']).where('client_id', 'in', ids).execute();
}

/** Names of the apps that know a person: by a subject that they were given, so by any sign-in that ever was. */
export async function appsThatKnow(db: Database, personId: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT DISTINCT a.name FROM idp.subject AS s JOIN idp.app AS a ON a.sector = s.sector
    WHERE s.person_id = ${personId} ORDER BY a.name`.execute(db);
  return rows.map(({ name }) => name);
}
