import { createHmac } from 'node:crypto';
import type { Database } from '@edutrust/platform/database';
import type { SecretBox } from '@edutrust/platform/secrets';
import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import { keepPrefetched, readPrefetched, stampOf } from '../prefetch.ts';
import { enterWithCode } from './entering.ts';
import { hashOf } from './hash.ts';
import { endedMeanwhile, nothing } from './model.ts';
import { holdRedemption, holdSuccessor, redeemFor, usedBefore } from './redemption.ts';
import { isKnownSession, savesWithItsSession } from './session.ts';
import {
  findAnyToken,
  type NewToken,
  type RedeemedTable,
  type TokenRow,
  type TokenTable,
  tokenStatements,
} from './token-statements.ts';

/**
 * The refresh token that follows another: derived, so that asking again gives the same one on any process, and nobody
 * stores what a bearer presents.
 */
export function createSuccessor(secrets: Pick<SecretBox, 'derive'>): (token: string) => string {
  const key = secrets.derive('idp/refresh-successor/v1');
  return (token) => createHmac('sha256', key).update(token).digest('base64url');
}

/**
 * Codes and tokens. What is redeemed is consumed by one conditional update, in the statement that stores what comes of it
 * (`redemption.ts`): of many redemptions at once one wins (RFC 6749 §4.1.2). What
 * is stored for a person is stored while the account is in the epoch of the request and, when it ends with its session,
 * while that session is there (S9). With `successorOf` (refresh tokens) a retry within ten seconds gets what the first
 * try got, as long as nobody has used that (P6).
 */
export function tokenAdapter(db: Database, table: TokenTable, successorOf?: (token: string) => string): Adapter {
  const run = tokenStatements[table];
  return {
    ...nothing,
    find: async (id) => {
      const found = await findRow(db, table, id);
      if (!found?.payload.kind) return undefined; // or what says that a machine's token was revoked
      const { grant_id, grant_payload, session_uid, session_payload, person_id: personId, epoch } = found;
      const known = {
        grant: grant_id && grant_payload ? { id: grant_id, payload: grant_payload } : undefined,
        session: session_uid && session_payload ? { uid: session_uid, payload: session_payload } : undefined,
        account: personId ? { personId, maySignIn: found.may_sign_in, epoch } : undefined,
        needsProof: found.payload.needsProof === true,
      };
      if (personId) keepPrefetched(known); // else it tells of nobody, and what the request knows of its session stays
      // At the token endpoint `consume` decides whether a used refresh token is asked for again by its own client.
      const isJudgedLater = successorOf !== undefined && Provider.ctx?.oidc.route === 'token';
      const consumed =
        found.consumed_at && !isJudgedLater ? { consumed: Math.floor(found.consumed_at.getTime() / 1000) } : {};
      return { ...found.payload, jti: id, ...consumed };
    },
    upsert: async (id, { jti: _secret, ...payload }, lifetimeSeconds = 0) => {
      const values = rowOf(id, payload, lifetimeSeconds);
      if (table === 'authorization_code' && savesWithItsSession(payload)) return enterWithCode(values);
      if (table === 'refresh_token' && holdSuccessor(values)) return;
      if (table === 'access_token' && (await redeemFor(db, values))) return;
      if ((await run.insert(db, ...values)).length === 0) throw endedMeanwhile();
    },
    consume: async (id) => {
      if (readPrefetched().needsProof && !Provider.ctx?.get('DPoP')) {
        throw new errors.InvalidGrant('DPoP proof JWT not provided');
      }
      if (isRedeemed(table) && holdRedemption({ table, id, successorOf })) return;
      if ((await run.consume(db, hashOf(id))).length === 0) throw await usedBefore(db, { table, id });
    },
    destroy: async (id) => {
      await run.destroy(db, hashOf(id));
    },
    revokeByGrantId: async (grantId) => {
      await run.revoke(db, grantId);
    },
  };
}

const isRedeemed = (table: TokenTable): table is RedeemedTable =>
  table !== 'access_token' && table !== 'pushed_request';

/** The values of a row, as the request that stores it knows them. */
export function rowOf(id: string, payload: AdapterPayload, lifetimeSeconds: number): NewToken {
  const { accountId = null, sessionUid = null, grantId = null } = payload;
  return [
    hashOf(id),
    grantId,
    accountId,
    sessionUid,
    JSON.stringify({ ...payload, ...proofOf(payload) }),
    lifetimeSeconds,
    accountId ? (stampOf(accountId) ?? null) : null,
    neededSession(payload),
  ];
}

/** Routes that look for a token in every model at once, because the caller need not say what it is. */
const anyKindRoutes: ReadonlySet<unknown> = new Set(['introspection', 'revocation']);
const askedFor = new WeakMap<object, { readonly id: string; readonly row: Promise<TokenRow | undefined> }>();

async function findRow(db: Database, table: TokenTable, id: string): Promise<TokenRow | undefined> {
  const { ctx } = Provider;
  if (!ctx || !anyKindRoutes.has(ctx.oidc.route)) return (await tokenStatements[table].find(db, hashOf(id)))[0];
  const found = await findAskedToken(db, id);
  return found?.found_in === table ? found : undefined;
}

/** A token of any kind, read once for a request that asks about it as each. */
export async function findAskedToken(db: Database, id: string): Promise<TokenRow | undefined> {
  const { ctx } = Provider;
  const held = ctx && askedFor.get(ctx);
  const row = held?.id === id ? held.row : findAnyToken(db, hashOf(id)).then(([found]) => found);
  if (ctx && row !== held?.row) askedFor.set(ctx, { id, row });
  return row;
}

/** RFC 9449 §5: a refresh token of a client with a secret is not bound to one key, but the proof may not be dropped. */
function proofOf({ kind }: AdapterPayload): { needsProof?: true } {
  if (kind !== 'RefreshToken') return {};
  const { AccessToken: token } = Provider.ctx?.oidc.entities ?? {};
  return readPrefetched().needsProof || token?.jkt ? { needsProof: true } : {};
}

/** The session that has to be there for the token to be stored; null when none has to. */
function neededSession({ sessionUid, expiresWithSession, kind }: AdapterPayload): string | null {
  if (!sessionUid) return null;
  // The first code of a sign-in is stored before its session is.
  const isCode = kind === 'AuthorizationCode' || kind === 'DeviceCode';
  const isNeeded = isCode ? isKnownSession(sessionUid) : expiresWithSession;
  return isNeeded ? sessionUid : null;
}
