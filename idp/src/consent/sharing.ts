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
}

/** Which apps know what of the person now: by agreement, also of a guardian who acts for them there, or because the school approved the app and the person used it. */
export async function listSharing(db: Database, apps: AppDirectory, personId: string): Promise<Sharing[]> {
  const { rows } = await sql<{ client_id: string; since: Date; scopes: string[]; is_consent: boolean }>`
    SELECT client_id, given_at AS since, scopes, true AS is_consent FROM idp.consent WHERE person_id = ${personId}
    UNION ALL -- of a child, by a guardian who acts for them there
    SELECT client_id, given_at, CASE WHEN 'profile' = ANY(scopes) THEN '{profile}'::text[] ELSE '{}' END, false
    FROM idp.consent WHERE children <> '{}' AND children @> ARRAY[${personId}]::uuid[]
    UNION ALL
    SELECT g.client_id, to_timestamp(min((g.payload->>'iat')::bigint)), string_to_array(max(g.payload#>>'{openid,scope}'), ' '), false
    FROM idp.oauth_grant AS g JOIN idp.app AS a ON a.client_id = g.client_id AND a.is_approved
    WHERE g.person_id = ${personId} AND g.expires_at > now() GROUP BY g.client_id`.execute(db);
  const known = await Promise.all(rows.map(async (row) => ({ row, app: await apps.app(row.client_id) })));
  return known.flatMap(({ row: { since, scopes, is_consent: isConsent }, app }) =>
    app ? [{ app, since, scopes, isConsent }] : [],
  );
}
