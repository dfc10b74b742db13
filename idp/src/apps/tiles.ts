import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import type { App } from './app.ts';
import { listApps } from './apps.ts';

/** The apps on a person's launcher: approved ones that are for them where they belong, and those that they agreed to. */
export async function listTiles(db: Database, personId: string): Promise<App[]> {
  const { rows } = await sql<{ client_id: string }>`
    SELECT a.client_id FROM idp.app AS a
    WHERE a.ended_at IS NULL AND a.is_approved AND EXISTS (
      SELECT FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
      WHERE f.person_id = ${personId} AND f.valid_until IS NULL AND f.role = ANY(a.audience) AND (
        (NOT a.is_external AND a.organisation_id = ANY(o.path))
        OR EXISTS (SELECT FROM idp.app_activation AS v WHERE v.client_id = a.client_id AND v.organisation_id = ANY(o.path))))
    UNION SELECT client_id FROM idp.consent WHERE person_id = ${personId}`.execute(db);
  const theirs = new Set(rows.map(({ client_id }) => client_id));
  return (await listApps(db)).filter(({ clientId }) => theirs.has(clientId));
}
