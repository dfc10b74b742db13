import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import type { App } from '../apps/app.ts';
import type { AppDirectory } from '../apps/directory.ts';

/** An app that knows something of a person. */
export interface Sharing {
  readonly app: App;
  readonly since: Date;
  readonly scopes: readonly string[];
  /** Agreed to by the person, and theirs to take back; else the school approved the app. */
  readonly isConsent: boolean;
  /** Whose word it is: the person's own, or a guardian's who acts for them there; null when the school approved the app. */
  readonly agreedBy: string | null;
}

/** Which apps know what of the person now: by agreement, also of a guardian who acts for them there, or because the school approved the app and the person used it. */
export async function listSharing(db: Database, apps: AppDirectory, personId: string): Promise<Sharing[]> {
  const { rows } = await sql<{ client_id: string; since: Date; scopes: string[]; agreed_by: string | null }>`
    SELECT c.client_id, c.given_at AS since, c.scopes, c.person_id AS agreed_by FROM idp.consent AS c
    WHERE c.person_id = ${personId} AND NOT EXISTS ( -- a guardian's word is waited for: the app knows nothing yet
      SELECT FROM idp.guardian_consent AS g
      WHERE g.person_id = c.person_id AND g.client_id = c.client_id AND g.given_at IS NULL)
    UNION ALL -- of a child who is too young to be asked
    SELECT g.client_id, g.given_at, g.scopes, g.person_id FROM idp.guardian_consent AS g
    WHERE g.person_id = ${personId} AND g.given_at IS NOT NULL AND NOT EXISTS (
      SELECT FROM idp.consent AS c WHERE c.person_id = g.person_id AND c.client_id = g.client_id)
    UNION ALL -- of a child, by a guardian who acts for them there
    SELECT client_id, given_at, CASE WHEN 'profile' = ANY(scopes) THEN '{profile}'::text[] ELSE '{}' END, person_id
    FROM idp.consent WHERE children <> '{}' AND children @> ARRAY[${personId}]::uuid[]
    UNION ALL
    SELECT g.client_id, to_timestamp(min((g.payload->>'iat')::bigint)), string_to_array(max(g.payload#>>'{openid,scope}'), ' '), NULL
    FROM idp.oauth_grant AS g JOIN idp.app AS a ON a.client_id = g.client_id AND a.is_approved
    WHERE g.person_id = ${personId} AND g.expires_at > now() GROUP BY g.client_id`.execute(db);
  const known = await Promise.all(rows.map(async (row) => ({ row, app: await apps.app(row.client_id) })));
  return known.flatMap(({ row: { since, scopes, agreed_by: agreedBy }, app }) =>
    app ? [{ app, since, scopes, isConsent: agreedBy === personId, agreedBy }] : [],
  );
}

/** Where the receipt of a consent in force is, for who gave it or decides for the child who did; null for anybody else. */
export function receiptPath(
  clientId: string,
  agreedBy: string | null,
  readerId: string,
  childId?: string,
): string | null {
  if (agreedBy === readerId) return `/account/apps/${clientId}/receipt.pdf`;
  return agreedBy && agreedBy === childId ? `/account/children/${childId}/apps/${clientId}/receipt.pdf` : null;
}
