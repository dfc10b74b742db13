import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import { deviceOf } from '../../sessions/device.ts';
import { lifeOf } from '../../sessions/life.ts';
import { epochOf, keepTogether, liveSession, maySignInOf, readTogether, stampOf } from '../together.ts';
import { hashOf, inSeconds } from './hash.ts';
import { nothing } from './model.ts';

/** A session as this request found it. */
interface Loaded {
  readonly id: string;
  readonly clientIds: readonly string[];
}

/** Which sessions each request has found or made: those exist, and are changed only while they still do. */
const loaded = new WeakMap<object, Map<string, Loaded>>();

function remember(uid: string, session: Loaded): void {
  const { ctx } = Provider;
  if (!ctx) return;
  const known = loaded.get(ctx) ?? new Map<string, Loaded>();
  known.set(uid, session);
  loaded.set(ctx, known);
}

/** Whether this request found the session in the table. */
export function isKnownSession(uid: string): boolean {
  return loadedSession(uid) !== undefined;
}

function loadedSession(uid: string): Loaded | undefined {
  return Provider.ctx && loaded.get(Provider.ctx)?.get(uid);
}

const lost = new WeakSet<object>();

/** Whether the session of this request ended, or got another cookie in another tab, before it could be saved. */
export function lostItsSession(ctx: object): boolean {
  return lost.has(ctx);
}

type Authorizations = NonNullable<AdapterPayload['authorizations']>;
type Saved = AdapterPayload & { readonly uid: string };

/**
 * Sessions, found by the hash of their cookie. A session that a request found is changed and never inserted again, so
 * that one which ended meanwhile stays ended (S9); ending is `sessions/end.ts`, the library's `destroy` of an old
 * cookie has nothing to do. Requests of several tabs at once each add the apps that they entered, and none of them
 * takes back the cookie or the apps of another.
 */
export function sessionAdapter(db: Database): Adapter {
  /** Adds what a request did to the session that it found; gives whether the session is still there. */
  async function touch(payload: Saved, before: Loaded, lifetimeSeconds: number): Promise<boolean> {
    const { authorizations = {} } = payload;
    const gone = before.clientIds.filter((clientId) => !(clientId in authorizations));
    const merged = sql`(coalesce(held.payload->'authorizations', '{}') || ${JSON.stringify(authorizations)}::jsonb) - ${gone}::text[]`;
    // Another cookie since: another tab signed in again, and all but the apps is as that tab left it.
    const { rows } = await sql<{ is_same: boolean }>`
      UPDATE idp.session AS held SET last_seen_at = now(),
        payload = jsonb_set(
          CASE WHEN held.id_hash = ${hashOf(before.id)} THEN ${JSON.stringify(payload)}::jsonb ELSE held.payload END,
          '{authorizations}', ${merged}),
        expires_at = CASE WHEN held.id_hash = ${hashOf(before.id)} THEN ${inSeconds(lifetimeSeconds)} ELSE held.expires_at END
      WHERE held.uid = ${payload.uid} AND held.person_id IS NOT DISTINCT FROM ${payload.accountId ?? null}::uuid
      RETURNING held.id_hash = ${hashOf(before.id)} AS is_same`.execute(db);
    if (rows[0]?.is_same === false && Provider.ctx) lost.add(Provider.ctx);
    return rows.length > 0;
  }

  /** A sign-in in the session that the request found, under a new cookie; false when another tab was first. */
  async function signIn(id: string, payload: Saved, before: Loaded, lifetimeSeconds: number): Promise<boolean> {
    const { rows } = await sql`
      WITH allowed AS (${allowed(payload.accountId)})
      UPDATE idp.session AS held SET id_hash = ${hashOf(id)}, person_id = ${payload.accountId ?? null}::uuid,
        payload = ${JSON.stringify(payload)}, signed_in_at = ${signedInAt(payload)}, last_seen_at = now(),
        expires_at = ${inSeconds(lifetimeSeconds)}, idle_seconds = ${lifeOf(payload).idleSeconds}
      WHERE held.uid = ${payload.uid} AND held.id_hash = ${hashOf(before.id)} AND EXISTS (SELECT FROM allowed)
      RETURNING 1`.execute(db);
    return rows.length > 0;
  }

  async function insert(id: string, payload: Saved, lifetimeSeconds: number): Promise<boolean> {
    const device = deviceOf(Provider.ctx?.get('user-agent') ?? '');
    const { rows } = await sql`
      WITH allowed AS (${allowed(payload.accountId)})
      INSERT INTO idp.session (uid, id_hash, person_id, payload, device, signed_in_at, expires_at, idle_seconds)
      SELECT ${payload.uid}, ${hashOf(id)}, ${payload.accountId ?? null}::uuid, ${JSON.stringify(payload)}::jsonb, ${device},
        ${signedInAt(payload)}::timestamptz, ${inSeconds(lifetimeSeconds)}, ${lifeOf(payload).idleSeconds}::int FROM allowed
      RETURNING 1`.execute(db);
    return rows.length > 0;
  }

  async function save(id: string, payload: Saved, lifetimeSeconds: number): Promise<boolean> {
    const before = loadedSession(payload.uid);
    if (!before) return insert(id, payload, lifetimeSeconds);
    if (before.id === id) return touch(payload, before, lifetimeSeconds);
    if (await signIn(id, payload, before, lifetimeSeconds)) return true;
    // Two tabs signed in at once, and the other has the session: this cookie gets one of its own.
    return insert(id, { ...payload, uid: `${payload.uid}.${id.slice(0, 8)}` }, lifetimeSeconds);
  }

  return {
    ...nothing,
    find: async (id) => {
      const { rows } = await sql<{
        payload: AdapterPayload;
        uid: string;
        person_id: string | null;
        may_sign_in: boolean;
        epoch: string;
      }>`
        SELECT s.uid, s.payload, s.person_id, ${maySignInOf('s.person_id')} AS may_sign_in, ${epochOf('s.person_id')} AS epoch
        FROM idp.session AS s WHERE s.id_hash = ${hashOf(id)} AND ${liveSession}`.execute(db);
      const found = rows[0];
      if (!found) return undefined;
      const { person_id: personId, may_sign_in: maySignIn, uid, epoch, payload } = found;
      // Suspended, left, merged: nobody is signed in here, and the next person at this computer can sign in.
      if (personId && !maySignIn) return undefined;
      if (personId) keepTogether({ account: { personId, maySignIn, epoch } });
      remember(uid, { id, clientIds: Object.keys((payload.authorizations ?? {}) as Authorizations) });
      return { ...payload, jti: id };
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
      const saved = payload as Saved; // oidc-provider gives every session its uid
      if (await save(id, saved, lifetimeSeconds)) {
        remember(saved.uid, { id, clientIds: Object.keys(saved.authorizations ?? {}) });
        return;
      }
      // It ended while the request was under way: there is nothing to save again when the answer is sent.
      const session = Provider.ctx?.oidc.session as { destroyed?: boolean } | undefined;
      if (session) session.destroyed = true;
      if (Provider.ctx) lost.add(Provider.ctx);
    },
  };
}

/** One row while the account is in the epoch of the sign-in, held until the statement ends; one row for nobody's session. */
function allowed(personId: string | undefined) {
  if (!personId) return sql`SELECT 1`;
  return sql`SELECT 1 FROM idp.account WHERE person_id = ${personId} AND epoch = ${stampOf(personId) ?? null} FOR KEY SHARE`;
}

function signedInAt({ loginTs }: AdapterPayload): Date | null {
  return loginTs === undefined ? null : new Date(loginTs * 1000);
}
