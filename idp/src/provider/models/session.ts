import type { ServiceContext } from '@edutrust/platform/context';
import type { SecretBox } from '@edutrust/platform/secrets';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import type { Seat } from '../../lessons/entering.ts';
import { attestSession, isTrueSession } from '../../sessions/attestation.ts';
import { deviceOf } from '../../sessions/device.ts';
import { lifeOf } from '../../sessions/timeouts.ts';
import { ownClientId } from '../first-party.ts';
import { keepPrefetched, readPrefetched, stampOf } from '../prefetch.ts';
import { codeStored, isEntering, takeEntering } from './entering.ts';
import { hashOf } from './hash.ts';
import { nothing } from './model.ts';
import { enter, find, findByUid, insert, type SessionRow, type SignedIn, signIn, touch } from './session-statements.ts';

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

function attestationOf(secrets: SecretBox, id: string, { uid, accountId, acr, loginTs }: Saved): Buffer | null {
  return attestSession(secrets, { uid, idHash: hashOf(id), accountId, acr, loginTs });
}

function signedIn(secrets: SecretBox, id: string, payload: Saved, lifetimeSeconds: number): SignedIn {
  const { accountId, uid, loginTs } = payload;
  const login = Provider.ctx?.oidc.result?.login as
    | (Seat & { readonly accountId?: string; readonly place?: string; readonly hasLeft?: boolean })
    | undefined;
  const seat = login?.accountId === accountId ? login : undefined;
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
    seat?.lessonId ?? null,
    seat?.roomId ?? null,
    seat?.place ?? null,
    deviceOf(Provider.ctx?.get('user-agent') ?? ''),
    seat?.hasLeft === true,
  ];
}

/** Where a session of who left is seen: before our own pages, and where a sign-in goes on or ends; by no app and no device. */
function isSeenOfLeft(): boolean {
  const { ctx } = Provider;
  const route = ctx?.oidc.route ?? '';
  return ctx?.query.client_id === ownClientId || route === 'resume' || route.startsWith('end_session');
}

type Keeping = Pick<ServiceContext, 'db' | 'secrets'>;
type NewRow<Id> = readonly [id: Id | null, of: string | null, payload: string | null, seconds: number | null];
const noRow = [null, null, null, null] as const;

/**
 * Sessions, found by the hash of their cookie. A session that a request found is changed and never inserted again, so
 * that one which ended meanwhile stays ended (S9); ending is `sessions/end.ts`, the library's `destroy` of an old
 * cookie has nothing to do. Requests of several tabs at once each add the apps that they entered, and none of them
 * takes back the cookie or the apps of another.
 */
export function sessionAdapter({ db, secrets }: Keeping): Adapter {
  return {
    ...nothing,
    find: async (id) => {
      const { client_id: clientId } = Provider.ctx?.query ?? {};
      const [found] = await find(db, hashOf(id), typeof clientId === 'string' ? clientId : null);
      if (!found || !isTrue(secrets, id, found)) return undefined;
      const { person_id: personId, is_of_left: hasLeft, uid, epoch, payload } = found;
      // A session is of how its person stood when it began: of who left since, or came back, it is nobody's.
      const maySignIn = hasLeft ? found.has_left : found.may_sign_in;
      if (hasLeft && !isSeenOfLeft()) return undefined;
      const { grant_id: grantId, grant_payload: grant } = found;
      // Suspended, left, merged: nobody is signed in here, and the next person at this computer can sign in.
      if (personId && !maySignIn) return undefined;
      if (personId)
        keepPrefetched({
          account: { personId, maySignIn, hasLeft, epoch },
          grant: grantId && grant ? { id: grantId, payload: grant } : undefined,
          examApps: found.exam_apps,
          began: { personId, device: found.device, place: found.place, signedInAt: found.signed_in_at },
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
      if (await save({ db, secrets }, id, session, lifetimeSeconds)) {
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

function isTrue(secrets: SecretBox, id: string, found: SessionRow): boolean {
  const { uid, person_id: personId, attestation, payload } = found;
  const { accountId, acr, loginTs } = payload;
  return isTrueSession(secrets, { uid, idHash: hashOf(id), personId, attestation, accountId, acr, loginTs });
}

/** Gives whether the session is there. */
async function save(keeping: Keeping, id: string, payload: Saved, lifetimeSeconds: number): Promise<boolean> {
  const { db, secrets } = keeping;
  const before = loadedSession(payload.uid);
  if (!before) return begin(keeping, id, payload, lifetimeSeconds);
  if (before.id === id) return change(keeping, payload, before, lifetimeSeconds);
  if ((await signIn(db, ...signedIn(secrets, id, payload, lifetimeSeconds), hashOf(before.id))).length > 0) return true;
  // Two tabs signed in at once, and the other has the session: this cookie gets one of its own.
  return begin(keeping, id, { ...payload, uid: `${payload.uid}.${id.slice(0, 8)}` }, lifetimeSeconds);
}

/** A session that no request has seen, with the grant and the code of the app that it enters. */
async function begin(keeping: Keeping, id: string, payload: Saved, lifetimeSeconds: number): Promise<boolean> {
  const { grant, code } = takeEntering();
  const values = signedIn(keeping.secrets, id, payload, lifetimeSeconds);
  const granted: NewRow<string> = grant ? [grant.id, grant.clientId, grant.payload, grant.expiresAt] : noRow;
  const coded: NewRow<Buffer> = code ? [code[0], code[1], code[4], code[5]] : noRow;
  const done = await insert(keeping.db, ...values, ...granted, ...coded);
  if (code && done.length > 0) codeStored();
  return done.length > 0;
}

/** Adds what a request did to the session that it found, and its code; gives whether the session is still there. */
async function change(
  { db, secrets }: Keeping,
  payload: Saved,
  before: Loaded,
  lifetimeSeconds: number,
): Promise<boolean> {
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
