import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import type { SecretBox } from '@edutrust/platform/secrets';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import { attestSession, isTrueSession } from '../../sessions/attestation.ts';
import { deviceOf } from '../../sessions/device.ts';
import { lifeOf } from '../../sessions/timeouts.ts';
import { keepPrefetched, liveSession, readPrefetched, stampOf, standingColumns, standingOf } from '../prefetch.ts';
import { codeStored, isEntering, takeEntering } from './entering.ts';
import { hashOf } from './hash.ts';
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

/**
 * Whether a code is stored in the statement that saves its session: not where the session gets another cookie, which
 * another tab may have given it first.
 */
export function savesWithItsSession({ sessionUid }: { readonly sessionUid?: string | undefined }): boolean {
  const { uid, id } = (Provider.ctx?.oidc.session ?? {}) as { uid?: string; id?: string }; // `id` is not in its type
  if (uid === undefined || uid !== sessionUid) return false;
  const before = loadedSession(uid);
  return before === undefined || before.id === id;
}

/** What each request has saved of its session last: the library saves at the end whatever a code has saved already. */
const saved = new WeakMap<object, string>();

function wasSaved(id: string, { iat: _iat, exp: _exp, ...rest }: AdapterPayload): boolean {
  const { ctx } = Provider;
  if (!ctx) return false;
  const text = JSON.stringify([id, rest]);
  if (saved.get(ctx) === text) return true;
  saved.set(ctx, text);
  return false;
}

const lost = new WeakSet<object>();

/** Whether the session of this request ended, or got another cookie in another tab, before it could be saved. */
export function lostItsSession(ctx: object): boolean {
  return lost.has(ctx);
}

type Authorizations = NonNullable<AdapterPayload['authorizations']>;
type Saved = AdapterPayload & { readonly uid: string };

interface SessionRow {
  uid: string;
  payload: AdapterPayload;
  grant_id: string | null;
  grant_payload: AdapterPayload | null;
  person_id: string | null;
  attestation: Buffer | null;
  may_sign_in: boolean;
  epoch: string;
}

const find = statement<SessionRow, [idHash: Buffer, clientId: string | null]>(
  'idp.session-find',
  `SELECT s.uid, s.payload, s.person_id, s.attestation, g.id AS grant_id, g.payload AS grant_payload, ${standingColumns}
   FROM idp.session AS s
   LEFT JOIN idp.oauth_grant AS g ON g.session_uid = s.uid AND g.client_id = $2 AND g.expires_at > now()
   ${standingOf('s.person_id')} WHERE s.id_hash = $1 AND ${liveSession}`,
);

const findByUid = statement<{ payload: AdapterPayload }, [uid: string]>(
  'idp.session-find-by-uid',
  `SELECT s.payload FROM idp.session AS s WHERE s.uid = $1 AND ${liveSession}`,
);

// Another cookie since: another tab signed in again, and all but the apps is as that tab left it.
const touched = (condition = '') => `
  UPDATE idp.session AS held SET last_seen_at = now(),
     payload = jsonb_set(
       CASE WHEN held.id_hash = $2 THEN $4::jsonb ELSE held.payload END, '{authorizations}',
       (coalesce(held.payload->'authorizations', '{}') || $5::jsonb) - $6::text[]),
     expires_at = CASE WHEN held.id_hash = $2 THEN now() + make_interval(secs => $7) ELSE held.expires_at END,
     attestation = CASE WHEN held.id_hash = $2 THEN $8::bytea ELSE held.attestation END
   WHERE held.uid = $1 AND held.person_id IS NOT DISTINCT FROM $3::uuid ${condition}
   RETURNING held.id_hash = $2 AS is_same`;

type Touched = [
  uid: string,
  idHash: Buffer,
  personId: string | null,
  payload: string,
  authorizations: string,
  goneClientIds: readonly string[],
  lifetimeSeconds: number,
  attestation: Buffer | null,
];

const touch = statement<{ is_same: boolean }, Touched>('idp.session-touch', touched());

/** The code of an app that the session enters: with the account's epoch, which is held before the session (S9). */
const enter = statement<
  { is_same: boolean; is_allowed: boolean },
  [...Touched, epoch: string | null, idHash: Buffer, grantId: string | null, code: string, codeSeconds: number]
>(
  'idp.session-enter',
  `WITH account_held AS MATERIALIZED (
     SELECT 1 FROM idp.account WHERE person_id = $3::uuid AND epoch = $9::bigint FOR KEY SHARE), touched AS (
     ${touched('AND (SELECT count(*) FROM account_held) >= 0')}), code AS (
     INSERT INTO idp.authorization_code (id_hash, grant_id, person_id, session_uid, payload, expires_at)
     SELECT $10, $11, $3::uuid, $1, $12::jsonb, now() + make_interval(secs => $13) FROM touched, account_held
     ON CONFLICT (id_hash) DO NOTHING)
   SELECT is_same, EXISTS (SELECT FROM account_held) AS is_allowed FROM touched`,
);

/** True for nobody's session, and while the account is in the epoch of the sign-in; held until the statement ends. */
const allowed = (personId: string, epoch: string) => `
  held_account AS MATERIALIZED (
    SELECT 1 FROM idp.account WHERE person_id = ${personId}::uuid AND epoch = ${epoch}::bigint FOR KEY SHARE),
  allowed AS (SELECT 1 WHERE ${personId}::uuid IS NULL UNION ALL SELECT 1 FROM held_account)`;

type SignedIn = [
  personId: string | null,
  epoch: string | null,
  uid: string,
  idHash: Buffer,
  payload: string,
  signedInAt: Date | null,
  lifetimeSeconds: number,
  idleSeconds: number,
  attestation: Buffer | null,
];

const signIn = statement<{ done: true }, [...SignedIn, before: Buffer]>(
  'idp.session-sign-in',
  `WITH ${allowed('$1', '$2')}
   UPDATE idp.session AS held SET id_hash = $4, person_id = $1::uuid, payload = $5::jsonb, signed_in_at = $6::timestamptz,
     last_seen_at = now(), expires_at = now() + make_interval(secs => $7), idle_seconds = $8, attestation = $9::bytea
   WHERE held.uid = $3 AND held.id_hash = $10 AND EXISTS (SELECT FROM allowed)
   RETURNING true AS done`,
);

const insert = statement<
  { done: true },
  [
    ...SignedIn,
    device: string,
    grantId: string | null,
    clientId: string | null,
    grant: string | null,
    grantExpiresAt: number | null,
    codeHash: Buffer | null,
    codeGrantId: string | null,
    code: string | null,
    codeSeconds: number | null,
  ]
>(
  'idp.session-insert',
  `WITH ${allowed('$1', '$2')}, made AS (
     INSERT INTO idp.session (person_id, uid, id_hash, payload, signed_in_at, expires_at, idle_seconds, attestation, device)
     SELECT $1::uuid, $3, $4, $5::jsonb, $6::timestamptz, now() + make_interval(secs => $7), $8::int, $9::bytea, $10 FROM allowed
     RETURNING true AS done), granted AS (
     INSERT INTO idp.oauth_grant (id, person_id, client_id, session_uid, payload, expires_at)
     SELECT $11, $1::uuid, $12, $3, $13::jsonb, to_timestamp($14::bigint) FROM made WHERE $11::text IS NOT NULL), code AS (
     INSERT INTO idp.authorization_code (id_hash, grant_id, person_id, session_uid, payload, expires_at)
     SELECT $15, $16, $1::uuid, $3, $17::jsonb, now() + make_interval(secs => $18) FROM made WHERE $15::bytea IS NOT NULL
     ON CONFLICT (id_hash) DO NOTHING)
   SELECT done FROM made`,
);

function attestationOf(secrets: SecretBox, id: string, { uid, accountId, acr, loginTs }: Saved): Buffer | null {
  return attestSession(secrets, { uid, idHash: hashOf(id), accountId, acr, loginTs });
}

function signedIn(secrets: SecretBox, id: string, payload: Saved, lifetimeSeconds: number): SignedIn {
  const { accountId, uid, loginTs } = payload;
  return [
    accountId ?? null,
    accountId ? (stampOf(accountId) ?? null) : null,
    uid,
    hashOf(id),
    JSON.stringify(payload),
    loginTs === undefined ? null : new Date(loginTs * 1000),
    lifetimeSeconds,
    lifeOf(payload).idleSeconds,
    attestationOf(secrets, id, payload),
  ];
}

type NewRow<Id> = readonly [id: Id | null, of: string | null, payload: string | null, seconds: number | null];
const noRow = [null, null, null, null] as const;

/**
 * Sessions, found by the hash of their cookie. A session that a request found is changed and never inserted again, so
 * that one which ended meanwhile stays ended (S9); ending is `sessions/end.ts`, the library's `destroy` of an old
 * cookie has nothing to do. Requests of several tabs at once each add the apps that they entered, and none of them
 * takes back the cookie or the apps of another.
 */
export function sessionAdapter({ db, secrets }: Pick<ServiceContext, 'db' | 'secrets'>): Adapter {
  /** Adds what a request did to the session that it found, and its code; gives whether the session is still there. */
  async function change(payload: Saved, before: Loaded, lifetimeSeconds: number): Promise<boolean> {
    const { authorizations = {}, accountId = null, uid } = payload;
    const gone = before.clientIds.filter((clientId) => !(clientId in authorizations));
    const texts = [JSON.stringify(payload), JSON.stringify(authorizations)] as const;
    const life = [lifetimeSeconds, attestationOf(secrets, before.id, payload)] as const;
    const values = [uid, hashOf(before.id), accountId, ...texts, gone, ...life] as const;
    const { code } = takeEntering();
    const [row] = code
      ? await enter(db, ...values, code[6], code[0], code[1], code[4], code[5])
      : (await touch(db, ...values)).map((found) => ({ ...found, is_allowed: true }));
    if (row?.is_same === false && Provider.ctx) lost.add(Provider.ctx);
    if (code && row?.is_allowed) codeStored();
    return row !== undefined;
  }

  async function begin(id: string, payload: Saved, lifetimeSeconds: number): Promise<boolean> {
    const device = deviceOf(Provider.ctx?.get('user-agent') ?? '');
    const { grant, code } = takeEntering();
    const values = [...signedIn(secrets, id, payload, lifetimeSeconds), device] as const;
    const granted: NewRow<string> = grant ? [grant.id, grant.clientId, grant.payload, grant.expiresAt] : noRow;
    const coded: NewRow<Buffer> = code ? [code[0], code[1], code[4], code[5]] : noRow;
    const done = await insert(db, ...values, ...granted, ...coded);
    if (code && done.length > 0) codeStored();
    return done.length > 0;
  }

  async function save(id: string, payload: Saved, lifetimeSeconds: number): Promise<boolean> {
    const before = loadedSession(payload.uid);
    if (!before) return begin(id, payload, lifetimeSeconds);
    if (before.id === id) return change(payload, before, lifetimeSeconds);
    if ((await signIn(db, ...signedIn(secrets, id, payload, lifetimeSeconds), hashOf(before.id))).length > 0)
      return true;
    // Two tabs signed in at once, and the other has the session: this cookie gets one of its own.
    return begin(id, { ...payload, uid: `${payload.uid}.${id.slice(0, 8)}` }, lifetimeSeconds);
  }

  return {
    ...nothing,
    find: async (id) => {
      const { client_id: clientId } = Provider.ctx?.query ?? {};
      const [found] = await find(db, hashOf(id), typeof clientId === 'string' ? clientId : null);
      if (!found) return undefined;
      const { person_id: personId, may_sign_in: maySignIn, uid, epoch, payload, attestation } = found;
      const { grant_id: grantId, grant_payload: grant } = found;
      const { accountId, acr, loginTs } = payload;
      if (!isTrueSession(secrets, { uid, idHash: hashOf(id), personId, attestation, accountId, acr, loginTs }))
        return undefined;
      // Suspended, left, merged: nobody is signed in here, and the next person at this computer can sign in.
      if (personId && !maySignIn) return undefined;
      if (personId)
        keepPrefetched({
          account: { personId, maySignIn, epoch },
          grant: grantId && grant ? { id: grantId, payload: grant } : undefined,
        });
      remember(uid, { id, clientIds: Object.keys((payload.authorizations ?? {}) as Authorizations) });
      return { ...payload, jti: id };
    },
    findByUid: async (uid) => {
      const { session } = readPrefetched();
      if (session?.uid === uid) return session.payload;
      return (await findByUid(db, uid))[0]?.payload;
    },
    destroy: async () => undefined,
    upsert: async (id, { jti: _secret, ...payload }, lifetimeSeconds = 0) => {
      const session = payload as Saved; // oidc-provider gives every session its uid
      if (wasSaved(id, payload) && !isEntering()) return;
      if (await save(id, session, lifetimeSeconds)) {
        remember(session.uid, { id, clientIds: Object.keys(session.authorizations ?? {}) });
        return;
      }
      // It ended while the request was under way: there is nothing to save again when the answer is sent.
      const ended = Provider.ctx?.oidc.session as { destroyed?: boolean } | undefined;
      if (ended) ended.destroyed = true;
      if (Provider.ctx) lost.add(Provider.ctx);
    },
  };
}
