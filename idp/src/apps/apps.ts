import { createHash, randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, InvalidInput, NotFound } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { type Selectable, sql } from 'kysely';
import type { Ciba } from '../ciba/delivery.ts';
import { record } from '../events.ts';
import { releasableScopes } from '../provider/claims.ts';
import { endGrants } from '../provider/models/end-grants.ts';
import { type AppTable, idpOf } from '../tables.ts';
import { optionalAddress, returnAddresses } from './addresses.ts';
import { mustNotBeAgent } from './agent-ids.ts';
import type { ApiAccess, AppApi } from './apis.ts';
import { type App, coveredOf, toApp } from './app.ts';
import { parseAppName } from './app-name.ts';
import { type Audience, audiences } from './audience.ts';
import { proofsOf, provesItself } from './certificates.ts';
import { apiColumns, cibaColumn, proofColumns, protocolColumns } from './columns.ts';
import { areOfProfile, type KeySet } from './keys.ts';
import type { AppPicture } from './pictures.ts';
import {
  type AppProtocol,
  keepsSecret,
  mustBeService,
  mustKeepProfile,
  mustProtectCodes,
  takesPeopleBack,
} from './protocol.ts';
import { alreadyReal, mustStayHere } from './sandbox.ts';

export interface NewApp extends Partial<AppProtocol> {
  /** Chosen by the caller only for demo apps; otherwise random. */
  readonly clientId?: string;
  readonly name: string;
  readonly purpose: Text;
  readonly kind: App['kind'];
  readonly organisationId: string;
  readonly redirectUris?: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  readonly backchannelLogoutUri?: string | null;
  readonly homeUri?: string | null;
  readonly scopes?: readonly string[];
  readonly isApproved?: boolean;
  readonly isSandbox?: boolean;
  readonly isExternal?: boolean;
  /** Everybody when absent. */
  readonly audience?: readonly Audience[];
  readonly picture?: AppPicture | null;
  readonly jwks?: KeySet | null;
  readonly jwksUri?: string | null;
  readonly certificates?: readonly string[];
  readonly api?: AppApi | null;
  readonly apiAccess?: readonly ApiAccess[];
  readonly ciba?: Ciba | null;
}

export type AppChange = Partial<
  Pick<
    NewApp,
    | 'name'
    | 'purpose'
    | 'redirectUris'
    | 'postLogoutRedirectUris'
    | 'backchannelLogoutUri'
    | 'homeUri'
    | 'scopes'
    | 'isApproved'
    | 'isExternal'
    | 'isSandbox'
    | 'audience'
    | 'picture'
    | 'jwks'
    | 'jwksUri'
    | 'certificates'
    | 'api'
    | 'apiAccess'
    | 'ciba'
    | keyof AppProtocol
  >
>;

/** How long the secret before a rotation still works, so that an app can change over without a pause. */
const overlapMs = 24 * 3_600_000;

export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** A person alone approves no app (N2). @throws Forbidden `apps/second-person` */
function mustBeOfTwo(actor: Actor, approvalId: string | undefined): void {
  if (actor.kind === 'system' || approvalId !== undefined) return;
  throw new Forbidden('apps/second-person', {
    vi: 'Duyệt một ứng dụng là việc của hai người.',
    en: 'It takes two people to approve an app.',
  });
}

/** What holds of an app that says nothing of how it speaks OpenID Connect. */
const strictProtocol: AppProtocol = {
  idTokenAlg: 'ES256',
  codeProtection: 'pkce',
  hasClaimsInIdToken: false,
  securityProfile: 'standard',
  exchangesTokens: false,
};

const noPreviousSecret = { previous_secret_hash: null, previous_secret_until: null };

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Registers an app. The secret is in the answer and nowhere else: only its hash is kept.
 *
 * @throws InvalidInput `apps/bad-address`, `apps/bad-scope`, `apps/no-address`; Conflict `apps/taken`; Forbidden
 *   `apps/second-person` for one that a person registers as approved; InvalidInput `apps/bad-keys`, `apps/bad-certificate`,
 *   `apps/not-safe-enough` (`protocol.ts`), `apps/bad-api` (`apis.ts`), `apps/bad-ciba` (`ciba/delivery.ts`); Conflict `apps/api-taken`.
 */
export async function registerApp(
  transaction: Transaction,
  input: NewApp,
  actor: Actor,
  now: Date,
  secret: string = newSecret(),
): Promise<{ app: App; clientSecret: string | undefined }> {
  if (input.isApproved) mustBeOfTwo(actor, undefined);
  const clientId = input.clientId ?? `app-${randomBytes(10).toString('hex')}`;
  const redirectUris = returnAddresses(input.kind, input.redirectUris ?? [], 'redirectUris');
  if (takesPeopleBack(input.kind) && redirectUris.length === 0) throw noAddress();
  const proofs = proofsOf(input.kind, input);
  const hasSecret = keepsSecret(input.kind) && !provesItself(proofs);
  const protocol = { ...strictProtocol, ...input };
  mustProtectCodes(input.kind, protocol);
  mustBeService(input.kind, protocol);
  mustKeepProfile(input.kind, protocol, provesItself(proofs) && areOfProfile(proofs));
  await mustBeFree(transaction, input.api, clientId);
  const row = await idpOf(transaction)
    .insertInto('idp.app')
    .values({
      client_id: clientId,
      name: parseAppName(input.name),
      purpose: JSON.stringify(input.purpose),
      kind: input.kind,
      organisation_id: input.organisationId,
      redirect_uris: redirectUris,
      post_logout_redirect_uris: returnAddresses(
        input.kind,
        input.postLogoutRedirectUris ?? [],
        'postLogoutRedirectUris',
      ),
      backchannel_logout_uri: optionalAddress(input.backchannelLogoutUri, 'backchannelLogoutUri'),
      home_uri: optionalAddress(input.homeUri, 'homeUri'),
      scopes: parseScopes(input.scopes ?? ['openid', 'profile', 'school']),
      sector: clientId,
      is_approved: input.isApproved ?? false,
      is_external: input.isExternal ?? false,
      is_sandbox: input.isSandbox ?? false,
      audience: [...(input.audience ?? audiences)],
      picture: input.picture ?? null,
      ...protocolColumns(protocol),
      ...proofColumns(proofs),
      ...apiColumns(input),
      ...cibaColumn(input.kind, input),
      // one that proves itself otherwise has a secret that nobody knows
      secret_hash: keepsSecret(input.kind) ? hashSecret(hasSecret ? secret : newSecret()) : null,
      ...noPreviousSecret,
      created_at: now,
      ended_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!row) {
    throw new Conflict('apps/taken', {
      vi: `Đã có ứng dụng mang mã ${clientId}.`,
      en: `An app ${clientId} exists already.`,
    });
  }
  mustStayHere(toApp(row));
  await recordApp(transaction, 'app.registered', row, actor);
  return { app: toApp(row), clientSecret: hasSecret ? secret : undefined };
}

/**
 * Changes an app. What was approved is what the app was: a change of what the approval covers ends it.
 *
 * @throws NotFound, InvalidInput as `registerApp`; Forbidden `apps/second-person`; Conflict `apps/agent`.
 */
export async function changeApp(
  transaction: Transaction,
  clientId: string,
  change: AppChange,
  actor: Actor,
  approvalId?: string,
): Promise<App> {
  if (actor.kind !== 'system') mustNotBeAgent(clientId);
  if (change.isApproved) mustBeOfTwo(actor, approvalId);
  const before = await lockApp(transaction, clientId);
  const proofs = proofsOf(before.kind, { ...before, ...change });
  mustProtectCodes(before.kind, { ...before, ...change });
  mustBeService(before.kind, { ...before, ...change });
  mustKeepProfile(before.kind, { ...before, ...change }, provesItself(proofs) && areOfProfile(proofs));
  if (change.isSandbox && !before.isSandbox) throw alreadyReal();
  await mustBeFree(transaction, change.api, clientId);
  const addresses = (uris: readonly string[], field: string) => returnAddresses(before.kind, uris, field);
  const row = await idpOf(transaction)
    .updateTable('idp.app')
    .set((expression) => ({
      version: expression('version', '+', 1),
      ...(change.name === undefined ? {} : { name: parseAppName(change.name) }),
      ...(change.purpose === undefined ? {} : { purpose: JSON.stringify(change.purpose) }),
      ...(change.redirectUris === undefined ? {} : { redirect_uris: addresses(change.redirectUris, 'redirectUris') }),
      ...(change.postLogoutRedirectUris === undefined
        ? {}
        : { post_logout_redirect_uris: addresses(change.postLogoutRedirectUris, 'postLogoutRedirectUris') }),
      ...(change.backchannelLogoutUri === undefined
        ? {}
        : { backchannel_logout_uri: optionalAddress(change.backchannelLogoutUri, 'backchannelLogoutUri') }),
      ...(change.homeUri === undefined ? {} : { home_uri: optionalAddress(change.homeUri, 'homeUri') }),
      ...(change.scopes === undefined ? {} : { scopes: parseScopes(change.scopes) }),
      ...(change.isApproved === undefined ? {} : { is_approved: change.isApproved }),
      ...(change.isExternal === undefined ? {} : { is_external: change.isExternal }),
      ...(change.isSandbox === undefined ? {} : { is_sandbox: change.isSandbox }),
      ...(change.audience === undefined ? {} : { audience: [...change.audience] }),
      ...(change.picture === undefined ? {} : { picture: change.picture }),
      ...protocolColumns(change),
      ...proofColumns(proofs),
      ...apiColumns(change),
      ...cibaColumn(before.kind, change),
      // keys and certificates end the secrets at once, also for the day when they are taken away again
      ...(provesItself(proofs) && !provesItself(before)
        ? { secret_hash: hashSecret(newSecret()), ...noPreviousSecret }
        : {}),
    }))
    .where('client_id', '=', clientId)
    .where('ended_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (!row) throw noApp();
  if (takesPeopleBack(row.kind) && row.redirect_uris.length === 0) throw noAddress();
  mustStayHere(toApp(row));
  // nothing of invented people goes on as if it were of the developer
  if (before.isSandbox && !row.is_sandbox) await endGrants(transaction, sql`client_id = ${clientId}`);
  const after = toApp(row);
  const endsApproval =
    before.isApproved && actor.kind !== 'system' && !isDeepStrictEqual(coveredOf(before), coveredOf(after));
  if (endsApproval)
    await idpOf(transaction)
      .updateTable('idp.app')
      .set({ is_approved: false })
      .where('client_id', '=', clientId)
      .execute();
  await recordApp(transaction, 'app.changed', row, actor, {
    fields: [...Object.keys(change), ...(endsApproval ? ['isApproved'] : [])],
    ...(approvalId ? { approval: approvalId } : {}),
  });
  return endsApproval ? { ...after, isApproved: false } : after;
}

/** The app as it is and stays until the transaction ends. @throws NotFound */
export async function lockApp(transaction: Transaction, clientId: string): Promise<App> {
  const row = await idpOf(transaction)
    .selectFrom('idp.app')
    .selectAll()
    .where('client_id', '=', clientId)
    .where('ended_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw noApp();
  return toApp(row);
}

/** Gives the app a new secret; the one before works for another day. @throws NotFound, Conflict `apps/no-secret`, `apps/has-keys` */
export async function rotateSecret(
  transaction: Transaction,
  clientId: string,
  actor: Actor,
  now: Date,
): Promise<{ clientSecret: string; previousWorksUntil: Date }> {
  const found = await findAppRow(transaction, clientId);
  if (found.secret_hash === null) {
    throw new Conflict('apps/no-secret', {
      vi: 'Ứng dụng chạy trong trình duyệt hay cài trên máy không có mã bí mật.',
      en: 'An app that runs in the browser or is installed has no secret.',
    });
  }
  if (provesItself(toApp(found))) {
    throw new Conflict('apps/has-keys', {
      vi: 'Ứng dụng này chứng minh bằng khoá hay chứng thư của nó, không dùng mã bí mật.',
      en: 'This app proves itself with its keys or certificate and uses no secret.',
    });
  }
  const clientSecret = newSecret();
  const previousWorksUntil = new Date(now.getTime() + overlapMs);
  const row = await idpOf(transaction)
    .updateTable('idp.app')
    .set((expression) => ({
      version: expression('version', '+', 1),
      previous_secret_hash: expression.ref('secret_hash'),
      previous_secret_until: previousWorksUntil,
      secret_hash: hashSecret(clientSecret),
    }))
    .where('client_id', '=', clientId)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordApp(transaction, 'app.secret-rotated', row, actor);
  return { clientSecret, previousWorksUntil };
}

/** Ends an app: it is refused everywhere within seconds; what it was told of people stays in the ledger. */
export async function endApp(transaction: Transaction, clientId: string, actor: Actor, now: Date): Promise<void> {
  const row = await idpOf(transaction)
    .updateTable('idp.app')
    .set((expression) => ({ ended_at: now, version: expression('version', '+', 1) }))
    .where('client_id', '=', clientId)
    .where('ended_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (!row) throw noApp();
  await recordApp(transaction, 'app.ended', row, actor);
}

/** @throws NotFound */
export async function findApp(db: Database | Transaction, clientId: string): Promise<App> {
  return toApp(await findAppRow(db, clientId));
}

/** Apps in the order of their names. */
export async function listApps(db: Database | Transaction): Promise<App[]> {
  const rows = await idpOf(db)
    .selectFrom('idp.app')
    .selectAll()
    .where('ended_at', 'is', null)
    .orderBy('name')
    .orderBy('client_id')
    .limit(5_000)
    .execute();
  return rows.map(toApp);
}

/** The row of an app that has not ended. @throws NotFound */
export async function findAppRow(db: Database | Transaction, clientId: string): Promise<Selectable<AppTable>> {
  const row = await idpOf(db)
    .selectFrom('idp.app')
    .selectAll()
    .where('client_id', '=', clientId)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  if (!row) throw noApp();
  return row;
}

async function recordApp(
  transaction: Transaction,
  type: 'app.registered' | 'app.changed' | 'app.secret-rotated' | 'app.ended',
  row: Selectable<AppTable>,
  actor: Actor,
  data: { fields?: string[]; approval?: string } = {},
): Promise<void> {
  const about = { actor, subject: { kind: 'app', id: row.client_id }, organisationId: row.organisation_id } as const;
  if (type === 'app.changed') await record(transaction, { type, ...about, data });
  else await record(transaction, { type, ...about });
}

/** @throws Conflict `apps/api-taken` when the API of another app has this identifier. */
async function mustBeFree(transaction: Transaction, api: AppApi | null | undefined, clientId: string): Promise<void> {
  if (!api) return;
  const { rows } = await sql`
    SELECT 1 FROM idp.app WHERE api->>'identifier' = ${api.identifier}
      AND client_id <> ${clientId} AND ended_at IS NULL`.execute(transaction);
  if (rows.length === 0) return;
  throw new Conflict('apps/api-taken', {
    vi: `Một ứng dụng khác đã có API ${api.identifier}.`,
    en: `Another app has the API ${api.identifier}.`,
  });
}

const noApp = () => new NotFound('apps/not-found', { vi: 'Không có ứng dụng này.', en: 'There is no such app.' });

const noAddress = () =>
  new InvalidInput('apps/no-address', {
    vi: 'Ứng dụng cần ít nhất một địa chỉ quay về sau khi đăng nhập.',
    en: 'The app needs at least one address to return to after sign-in.',
  });

function parseScopes(scopes: readonly string[]): string[] {
  const unknown = scopes.find((scope) => !releasableScopes.some((known) => known === scope));
  if (unknown !== undefined) {
    throw new InvalidInput('apps/bad-scope', {
      vi: `Không có phạm vi dữ liệu ${unknown.slice(0, 60)}; có: ${releasableScopes.join(', ')}.`,
      en: `There is no scope ${unknown.slice(0, 60)}; there are: ${releasableScopes.join(', ')}.`,
    });
  }
  return [...new Set(['openid', ...scopes])];
}
