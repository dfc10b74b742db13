import { randomBytes } from 'node:crypto';
import type { Database, Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { readTogether } from '../together.ts';
import { nothing } from './model.ts';

/** What a session lets an app have. They are made by {@link grantForSession} alone. */
export function grantAdapter(db: Database): Adapter {
  return {
    ...nothing,
    find: async (id) => {
      const { grant } = readTogether();
      if (grant?.id === id) return grant.payload;
      const { rows } = await sql<{ payload: AdapterPayload }>`
        SELECT payload FROM idp.oauth_grant WHERE id = ${id} AND expires_at > now()`.execute(db);
      return rows[0]?.payload;
    },
    upsert: async () => {
      throw new Error('grants are made for a session');
    },
    destroy: async (id) => {
      await sql`DELETE FROM idp.oauth_grant WHERE id = ${id}`.execute(db);
    },
  };
}

/**
 * The grant of an app in a session, made or widened by the scopes: tabs that ask at once share one, so that what one of
 * them was given outlives the others' answers. Gives its id; undefined when the person's sessions have all ended
 * since `epoch` (S9).
 */
export async function grantForSession(
  db: Database | Transaction,
  {
    sessionUid,
    personId,
    clientId,
    scopes,
    epoch,
    lifetimeSeconds,
  }: {
    readonly sessionUid: string;
    readonly personId: string;
    readonly clientId: string;
    readonly scopes: readonly string[];
    readonly epoch: string | undefined;
    readonly lifetimeSeconds: number;
  },
): Promise<string | undefined> {
  const jti = randomBytes(32).toString('base64url');
  const iat = Math.floor(Date.now() / 1000);
  const exp = iat + lifetimeSeconds;
  const scope = [...new Set(scopes)].join(' ');
  const payload = { kind: 'Grant', jti, iat, exp, accountId: personId, clientId, openid: { scope } };
  const { rows } = await sql<{ id: string }>`
    WITH allowed AS (SELECT 1 FROM idp.account WHERE person_id = ${personId} AND epoch = ${epoch ?? null} FOR KEY SHARE)
    INSERT INTO idp.oauth_grant AS held (id, person_id, client_id, session_uid, payload, expires_at)
    SELECT ${jti}, ${personId}::uuid, ${clientId}, ${sessionUid}, ${JSON.stringify(payload)}::jsonb, to_timestamp(${exp}) FROM allowed
    ON CONFLICT (session_uid, client_id) WHERE session_uid IS NOT NULL DO UPDATE SET
      id = CASE WHEN held.expires_at > now() AND held.person_id = excluded.person_id THEN held.id ELSE excluded.id END,
      person_id = excluded.person_id,
      payload = CASE WHEN held.expires_at > now() AND held.person_id = excluded.person_id
        THEN held.payload || jsonb_build_object('exp', ${exp}::bigint, 'openid', jsonb_build_object('scope', (
          SELECT string_agg(DISTINCT scope, ' ')
          FROM unnest(string_to_array(held.payload#>>'{openid,scope}', ' ') || ${[...scopes]}::text[]) AS scope)))
        ELSE excluded.payload END,
      expires_at = excluded.expires_at
    RETURNING id`.execute(db);
  return rows[0]?.id;
}
