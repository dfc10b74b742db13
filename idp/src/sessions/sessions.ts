import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';

/** A live session as its owner sees it. */
export interface SessionView {
  readonly id: string;
  readonly device: string;
  readonly method: 'badge' | 'password' | 'code' | 'passkey';
  readonly signedInAt: Date;
  readonly lastSeenAt: Date;
  /** Names of the apps that were entered with it. */
  readonly apps: string[];
}

/** A person's live sessions, the last used first. */
export async function listSessions(db: Database, personId: string): Promise<SessionView[]> {
  const { rows } = await sql<SessionView>`
    SELECT s.uid AS id, s.device, s.signed_in_at AS "signedInAt", s.last_seen_at AS "lastSeenAt",
      CASE s.payload->>'acr' WHEN 'passkey' THEN 'passkey' WHEN 'badge' THEN 'badge' WHEN 'mfa' THEN 'code' ELSE 'password' END AS method,
      coalesce((SELECT jsonb_agg(a.name ORDER BY a.name) FROM idp.app AS a WHERE s.payload->'authorizations' ? a.client_id), '[]') AS apps
    FROM idp.session AS s
    WHERE s.person_id = ${personId} AND s.expires_at > now() AND s.ends_at > now()
      AND s.last_seen_at > now() - make_interval(secs => s.idle_seconds)
    ORDER BY s.last_seen_at DESC LIMIT 100`.execute(db);
  return rows;
}
