import type { PersonActor } from '@edutrust/platform/actor';
import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';

/**
 * Whether the browser may make a passkey by itself (WebAuthn L3 §5.1.3, conditional mediation): a password was typed, on a
 * device of one's own, by somebody who has no passkey yet.
 */
export async function mayOfferPasskey(db: Database, { acr, personId, sessionId }: PersonActor): Promise<boolean> {
  if (acr !== 'pwd') return false;
  const { rows } = await sql`
    SELECT FROM idp.session AS s WHERE s.uid = ${sessionId} AND NOT coalesce((s.payload->>'transient')::boolean, false)
      AND NOT EXISTS (SELECT FROM idp.passkey WHERE person_id = ${personId})`.execute(db);
  return rows.length > 0;
}
