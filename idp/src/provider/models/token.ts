import { createHmac } from 'node:crypto';
import type { Database } from '@edutrust/platform/database';
import type { SecretBox } from '@edutrust/platform/secrets';
import { type RawBuilder, sql } from 'kysely';
import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import { epochOf, keepTogether, liveSession, maySignInOf, readTogether, stampOf } from '../together.ts';
import { hashOf, inSeconds } from './hash.ts';
import { endedMeanwhile, nothing } from './model.ts';
import { isKnownSession } from './session.ts';

/** A refresh whose answer was lost may be asked again within this time (P6). */
const graceSeconds = 10;

/**
 * The refresh token that follows another: derived, so that asking again gives the same one on any process, and nobody
 * stores what a bearer presents.
 */
export function createSuccessor(secrets: Pick<SecretBox, 'derive'>): (token: string) => string {
  const key = secrets.derive('idp/refresh-successor/v1');
  return (token) => createHmac('sha256', key).update(token).digest('base64url');
}

interface TokenRow {
  payload: AdapterPayload;
  consumed_at: Date | null;
  grant_id: string | null;
  grant_payload: AdapterPayload | null;
  session_uid: string | null;
  session_payload: AdapterPayload | null;
  person_id: string | null;
  may_sign_in: boolean;
  epoch: string;
}

/**
 * Codes and tokens. `consume` is one conditional update: of many redemptions at once one wins (RFC 6749 §4.1.2). What
 * is stored for a person is stored while the account is in the epoch of the request and, when it ends with its session,
 * while that session is there (S9). With `successorOf` (refresh tokens) a retry within ten seconds gets what the first
 * try got, as long as nobody has used that (P6).
 */
export function tokenAdapter(
  db: Database,
  table: RawBuilder<unknown>,
  successorOf?: (token: string) => string,
): Adapter {
  const isRetry = (id: string) => sql<boolean>`t.consumed_at > now() - make_interval(secs => ${graceSeconds})
    AND NOT EXISTS (SELECT FROM ${table} AS next WHERE next.id_hash = ${hashOf(successorOf?.(id) ?? '')} AND next.consumed_at IS NOT NULL)`;

  return {
    ...nothing,
    find: async (id) => {
      const { rows } = await sql<TokenRow>`
        SELECT t.payload, t.consumed_at, t.grant_id, g.payload AS grant_payload, t.session_uid,
          s.payload AS session_payload, t.person_id, ${maySignInOf('t.person_id')} AS may_sign_in,
          ${epochOf('t.person_id')} AS epoch
        FROM ${table} AS t
        LEFT JOIN idp.oauth_grant AS g ON g.id = t.grant_id AND g.expires_at > now()
        LEFT JOIN idp.session AS s ON s.uid = t.session_uid AND ${liveSession}
        WHERE t.id_hash = ${hashOf(id)} AND t.expires_at > now()`.execute(db);
      const found = rows[0];
      if (!found) return undefined;
      const { grant_id, grant_payload, session_uid, session_payload, person_id: personId, epoch } = found;
      keepTogether({
        grant: grant_id && grant_payload ? { id: grant_id, payload: grant_payload } : undefined,
        session: session_uid && session_payload ? { uid: session_uid, payload: session_payload } : undefined,
        account: personId ? { personId, maySignIn: found.may_sign_in, epoch } : undefined,
        needsProof: found.payload.needsProof === true,
      });
      // At the token endpoint `consume` decides whether a used refresh token is asked for again by its own client.
      const isJudgedLater = successorOf !== undefined && Provider.ctx?.oidc.route === 'token';
      const consumed =
        found.consumed_at && !isJudgedLater ? { consumed: Math.floor(found.consumed_at.getTime() / 1000) } : {};
      return { ...found.payload, jti: id, ...consumed };
    },
    upsert: async (id, { jti: _secret, ...payload }, lifetimeSeconds = 0) => {
      const { accountId, sessionUid, grantId } = payload;
      const row = sql`${hashOf(id)}::bytea, ${grantId ?? null}, ${accountId ?? null}::uuid, ${sessionUid ?? null},
        ${JSON.stringify({ ...payload, ...proofOf(payload) })}::jsonb, ${inSeconds(lifetimeSeconds)}`;
      const { rows } = await sql`
        WITH allowed AS (${allowed(payload)}), put AS (
          INSERT INTO ${table} (id_hash, grant_id, person_id, session_uid, payload, expires_at) SELECT ${row} FROM allowed
          ON CONFLICT (id_hash) DO NOTHING)
        SELECT 1 FROM allowed`.execute(db);
      if (rows.length === 0) throw endedMeanwhile();
    },
    consume: async (id) => {
      if (readTogether().needsProof && !Provider.ctx?.get('DPoP')) {
        throw new errors.InvalidGrant('DPoP proof JWT not provided');
      }
      const { rows } = await sql<{ won: boolean }>`
        UPDATE ${table} SET consumed_at = now() WHERE id_hash = ${hashOf(id)} AND consumed_at IS NULL RETURNING true AS won`.execute(
        db,
      );
      if (rows.length === 1) return;
      if (successorOf) {
        const again = await sql`SELECT 1 FROM ${table} AS t WHERE t.id_hash = ${hashOf(id)} AND ${isRetry(id)}`.execute(
          db,
        );
        if (again.rows.length === 1) return;
      }
      await revokeGrantOf(db, table, id);
      throw new errors.InvalidGrant('already used');
    },
    destroy: async (id) => {
      await sql`DELETE FROM ${table} WHERE id_hash = ${hashOf(id)}`.execute(db);
    },
    revokeByGrantId: async (grantId) => {
      await sql`DELETE FROM ${table} WHERE grant_id = ${grantId}`.execute(db);
    },
  };
}

/** RFC 9449 §5: a refresh token of a client with a secret is not bound to one key, but the proof may not be dropped. */
function proofOf({ kind }: AdapterPayload): { needsProof?: true } {
  if (kind !== 'RefreshToken') return {};
  const { AccessToken: token } = Provider.ctx?.oidc.entities ?? {};
  return readTogether().needsProof || token?.jkt ? { needsProof: true } : {};
}

/** One row when the token may be stored, its account and session held until the statement ends. */
function allowed({ accountId, sessionUid, expiresWithSession, kind }: AdapterPayload) {
  if (!accountId) return sql`SELECT 1`;
  const stamp = stampOf(accountId) ?? null;
  // The first code of a sign-in is stored before its session is.
  const needsSession = sessionUid && (kind === 'AuthorizationCode' ? isKnownSession(sessionUid) : expiresWithSession);
  if (!needsSession) {
    return sql`SELECT 1 FROM idp.account AS a WHERE a.person_id = ${accountId} AND a.epoch = ${stamp} FOR KEY SHARE`;
  }
  return sql`
    SELECT 1 FROM idp.account AS a JOIN idp.session AS s ON s.uid = ${sessionUid}
    WHERE a.person_id = ${accountId} AND a.epoch = ${stamp} FOR KEY SHARE OF a, s`;
}

/** A second use: whoever holds what came of the first may be a thief (RFC 9700 §4.5.3, §4.14.2). */
async function revokeGrantOf(db: Database, table: RawBuilder<unknown>, id: string): Promise<void> {
  await sql`
    WITH used AS (SELECT grant_id FROM ${table} WHERE id_hash = ${hashOf(id)} AND grant_id IS NOT NULL),
      access AS (DELETE FROM idp.access_token WHERE grant_id IN (SELECT grant_id FROM used)),
      refresh AS (DELETE FROM idp.refresh_token WHERE grant_id IN (SELECT grant_id FROM used))
    DELETE FROM idp.oauth_grant WHERE id IN (SELECT grant_id FROM used)`.execute(db);
}
