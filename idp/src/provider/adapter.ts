import { createHash } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { type RawBuilder, sql } from 'kysely';
import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import { deviceOf } from '../sessions/device.ts';
import { keepTogether, liveSession, maySignInOf, readTogether } from './together.ts';

/** What bearers present is stored as its SHA-256: a copy of the tables opens nothing. */
export function hashOf(id: string): Buffer {
  return createHash('sha256').update(id).digest();
}

const inSeconds = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`;
const uuidOrNull = (value: string | undefined) => value ?? null;

/** What every model may leave out, because it is never asked for. */
const nothing: Pick<Adapter, 'findByUserCode' | 'findByUid' | 'consume' | 'revokeByGrantId'> = {
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => undefined,
  revokeByGrantId: async () => undefined,
};

/** Where each model of oidc-provider is kept: one adapter a model, made once for each Provider. */
export function createAdapter(context: ServiceContext, apps: AppDirectory): (model: string) => Adapter {
  return (model) => {
    switch (model) {
      case 'Client':
        return { ...nothing, find: (id) => apps.find(id), upsert: readOnly, destroy: readOnly };
      case 'Session':
        return sessionAdapter(context.db);
      case 'Grant':
        return grantAdapter(context.db);
      case 'AuthorizationCode':
        return tokenAdapter(context.db, sql`idp.authorization_code`);
      case 'RefreshToken':
        return tokenAdapter(context.db, sql`idp.refresh_token`);
      case 'AccessToken':
      case 'ClientCredentials':
        return tokenAdapter(context.db, sql`idp.access_token`);
      case 'PushedAuthorizationRequest':
        return tokenAdapter(context.db, sql`idp.pushed_request`);
      case 'ReplayDetection':
        return replayAdapter(context.db);
      case 'Interaction':
        return interactionAdapter(context);
      default:
        throw new Error(`${model} is not enabled`);
    }
  };
}

async function readOnly(): Promise<void> {
  throw new Error('apps are changed by their own routes');
}

/** A sign-in under way: losing it means typing the password again, so it lies in the short-lived store. */
function interactionAdapter({ store }: ServiceContext): Adapter {
  const key = (id: string) => `idp:interaction:${id}`;
  return {
    ...nothing,
    find: (id) => store.get<AdapterPayload>(key(id)),
    upsert: (id, payload, lifetimeSeconds = 3600) => store.put(key(id), payload, lifetimeSeconds),
    destroy: (id) => store.delete(key(id)),
  };
}

/** DPoP proofs and client assertions: the insert decides who was first (RFC 9449 §11.1). */
function replayAdapter(db: Database): Adapter {
  return {
    ...nothing,
    find: async () => undefined,
    destroy: async () => undefined,
    upsert: async (id, _payload, lifetimeSeconds = 300) => {
      const { numAffectedRows } = await sql`
        INSERT INTO idp.replay AS seen (id, expires_at) VALUES (${id}, ${inSeconds(lifetimeSeconds)})
        ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at WHERE seen.expires_at <= now()`.execute(db);
      if (numAffectedRows !== 1n) throw new errors.InvalidRequest('proof or assertion was used before');
    },
  };
}

/**
 * Sessions, found by the hash of their cookie. A new cookie for the same session replaces the old one in one statement;
 * the library's `destroy` of the old one therefore has nothing to do, and ending a session is `sessions/end.ts`.
 */
function sessionAdapter(db: Database): Adapter {
  return {
    ...nothing,
    find: async (id) => {
      const { rows } = await sql<{ payload: AdapterPayload; person_id: string | null; may_sign_in: boolean }>`
        SELECT s.payload, s.person_id, ${maySignInOf('s.person_id')} AS may_sign_in
        FROM idp.session AS s WHERE s.id_hash = ${hashOf(id)} AND ${liveSession}`.execute(db);
      const found = rows[0];
      if (!found) return undefined;
      const { person_id: personId, may_sign_in: maySignIn } = found;
      if (personId) keepTogether({ account: { personId, maySignIn } });
      return { ...found.payload, jti: id };
    },
    findByUid: async (uid) => {
      const { session } = readTogether();
      if (session?.uid === uid) return session.payload;
      const { rows } = await sql<{ payload: AdapterPayload }>`
        SELECT s.payload FROM idp.session AS s WHERE s.uid = ${uid} AND ${liveSession}`.execute(db);
      return rows[0]?.payload;
    },
    destroy: async () => undefined,
    upsert: async (id, { jti: _secret, ...payload }, lifetimeSeconds = 0) => {
      const device = deviceOf(Provider.ctx?.get('user-agent') ?? '');
      const signedInAt = payload.loginTs === undefined ? null : new Date(payload.loginTs * 1000);
      await sql`
        INSERT INTO idp.session AS held (uid, id_hash, person_id, payload, device, signed_in_at, expires_at)
        VALUES (${payload.uid}, ${hashOf(id)}, ${uuidOrNull(payload.accountId)}, ${JSON.stringify(payload)}, ${device},
          ${signedInAt}, ${inSeconds(lifetimeSeconds)})
        ON CONFLICT (uid) DO UPDATE SET id_hash = excluded.id_hash, person_id = excluded.person_id,
          payload = excluded.payload, signed_in_at = excluded.signed_in_at, last_seen_at = now(),
          expires_at = excluded.expires_at`.execute(db);
    },
  };
}

function grantAdapter(db: Database): Adapter {
  return {
    ...nothing,
    find: async (id) => {
      const { grant } = readTogether();
      if (grant?.id === id) return grant.payload;
      const { rows } = await sql<{ payload: AdapterPayload }>`
        SELECT payload FROM idp.oauth_grant WHERE id = ${id} AND expires_at > now()`.execute(db);
      return rows[0]?.payload;
    },
    upsert: async (id, payload, lifetimeSeconds = 0) => {
      await sql`
        INSERT INTO idp.oauth_grant (id, person_id, client_id, payload, expires_at)
        VALUES (${id}, ${uuidOrNull(payload.accountId)}, ${payload.clientId}, ${JSON.stringify(payload)}, ${inSeconds(lifetimeSeconds)})
        ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at`.execute(db);
    },
    destroy: async (id) => {
      await sql`DELETE FROM idp.oauth_grant WHERE id = ${id}`.execute(db);
    },
  };
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
}

/** Codes and tokens. `consume` is one conditional update: of many redemptions at once one wins (RFC 6749 §4.1.2). */
function tokenAdapter(db: Database, table: RawBuilder<unknown>): Adapter {
  return {
    ...nothing,
    find: async (id) => {
      const { rows } = await sql<TokenRow>`
        SELECT t.payload, t.consumed_at, t.grant_id, g.payload AS grant_payload, t.session_uid,
          s.payload AS session_payload, t.person_id, ${maySignInOf('t.person_id')} AS may_sign_in
        FROM ${table} AS t
        LEFT JOIN idp.oauth_grant AS g ON g.id = t.grant_id AND g.expires_at > now()
        LEFT JOIN idp.session AS s ON s.uid = t.session_uid AND ${liveSession}
        WHERE t.id_hash = ${hashOf(id)} AND t.expires_at > now()`.execute(db);
      const found = rows[0];
      if (!found) return undefined;
      const { grant_id, grant_payload, session_uid, session_payload, person_id: personId } = found;
      keepTogether({
        grant: grant_id && grant_payload ? { id: grant_id, payload: grant_payload } : undefined,
        session: session_uid && session_payload ? { uid: session_uid, payload: session_payload } : undefined,
        account: personId ? { personId, maySignIn: found.may_sign_in } : undefined,
      });
      const consumed = found.consumed_at ? { consumed: Math.floor(found.consumed_at.getTime() / 1000) } : {};
      return { ...found.payload, jti: id, ...consumed };
    },
    upsert: async (id, { jti: _secret, ...payload }, lifetimeSeconds = 0) => {
      await sql`
        INSERT INTO ${table} (id_hash, grant_id, person_id, session_uid, payload, expires_at)
        VALUES (${hashOf(id)}, ${payload.grantId ?? null}, ${uuidOrNull(payload.accountId)}, ${payload.sessionUid ?? null},
          ${JSON.stringify(payload)}, ${inSeconds(lifetimeSeconds)})
        ON CONFLICT (id_hash) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at`.execute(db);
    },
    consume: async (id) => {
      const { rows } = await sql<{ won: boolean }>`
        UPDATE ${table} SET consumed_at = now() WHERE id_hash = ${hashOf(id)} AND consumed_at IS NULL RETURNING true AS won`.execute(
        db,
      );
      if (rows.length === 1) return;
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

/** A second use: whoever holds what came of the first may be a thief (RFC 9700 §4.5.3, §4.14.2). */
async function revokeGrantOf(db: Database, table: RawBuilder<unknown>, id: string): Promise<void> {
  await sql`
    WITH used AS (SELECT grant_id FROM ${table} WHERE id_hash = ${hashOf(id)} AND grant_id IS NOT NULL),
      access AS (DELETE FROM idp.access_token WHERE grant_id IN (SELECT grant_id FROM used)),
      refresh AS (DELETE FROM idp.refresh_token WHERE grant_id IN (SELECT grant_id FROM used))
    DELETE FROM idp.oauth_grant WHERE id IN (SELECT grant_id FROM used)`.execute(db);
}
