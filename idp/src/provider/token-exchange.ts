import type { Clock } from '@edutrust/platform/clock';
import type { ServiceContext } from '@edutrust/platform/context';
import Provider, { type AccessToken, errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import { type Acting, actingIn, type Subjects } from '../acting-for/details.ts';
import type { App } from '../apps/app.ts';
import { isForPerson } from '../apps/release.ts';
import { record } from '../events.ts';
import { apiServer, isOfApi, keyOf } from './api-tokens.ts';
import { certificateOf } from './certificate.ts';
import { librarySeconds } from './library-time.ts';
import { maySignIn } from './person.ts';

export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

const parameters = [
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'actor_token',
  'actor_token_type',
  'audience',
  'resource',
  'scope',
  'authorization_details',
];

interface Parts extends Subjects {
  readonly context: Pick<ServiceContext, 'db' | 'clock'>;
}

/**
 * Token exchange (RFC 8693): a service that was called by a person goes on to the API of another app as that person, who
 * it is said to be by `act`; an app of a guardian goes on as the child, with the guardian as `act`, who is named by
 * `authorization_details` (RFC 9396). What it may do there is what both approvals say, as without an exchange.
 */
export function registerTokenExchange(provider: Provider, parts: Parts): void {
  provider.registerGrantType(exchangeGrant, (ctx) => exchange(provider, parts, ctx), parameters);
}

async function exchange(provider: Provider, parts: Parts, ctx: KoaContextWithOIDC): Promise<void> {
  const { apps } = parts;
  const client = ctx.oidc.client;
  if (!client) throw new TypeError('the library has authenticated the client');
  const { resource, scope, subject_token: given } = readParameters(ctx.oidc.params ?? {});
  const subject = await subjectOfRequest(provider, parts, client.clientId, given);
  const server = await apiServer(apps, resource, client.clientId);
  const called = await apps.ofApi(resource);
  if (!called) throw new errors.InvalidTarget('there is no such API');
  const child = await childOf(parts, ctx, subject, client.clientId);
  const forWhom = child?.childId ?? subject.accountId;
  if (!(await areForThem(parts, [client.clientId, subject.accountId], [called.clientId, forWhom])))
    throw new errors.InvalidTarget('one of the apps is not for this person');
  const offered = server.scope.split(' ');
  const asked = scope === undefined ? offered : scope.split(' ');
  if (!asked.every((one) => offered.includes(one)))
    throw new errors.InvalidScope('not a scope of the API', scope ?? '');
  const made = await tokenFor(provider, parts, ctx, { subject, child, called, server, resource, asked });
  const value = await made.save();
  ctx.body = {
    access_token: value,
    issued_token_type: accessTokenType,
    token_type: 'Bearer',
    expires_in: made.expiration,
    scope: made.scope,
    ...(made.rar ? { authorization_details: made.rar } : {}),
  };
}

function readParameters(params: Readonly<Record<string, unknown>>) {
  const { subject_token, subject_token_type, requested_token_type, resource, scope } = params;
  if (typeof subject_token !== 'string' || !subject_token) throw new errors.InvalidRequest('subject_token is missing');
  if (subject_token_type !== accessTokenType)
    throw new errors.InvalidRequest(`subject_token_type is ${accessTokenType}`);
  if (requested_token_type !== undefined && requested_token_type !== accessTokenType)
    throw new errors.InvalidRequest(`requested_token_type is ${accessTokenType}`);
  if (params.actor_token !== undefined || params.audience !== undefined)
    throw new errors.InvalidRequest(
      'actor_token and audience are not supported: the app is the actor, resource names the API',
    );
  if (typeof resource !== 'string' || !resource) throw new errors.InvalidTarget('resource names one API');
  return { subject_token, resource, scope: typeof scope === 'string' && scope ? scope : undefined };
}

interface SubjectToken {
  readonly accountId: string;
  readonly token: AccessToken;
  /** Given to the very app, so that it ends with its grant; else for its API, by the app that called it. */
  readonly isOwn: boolean;
}

/** @throws InvalidRequest for a token that is not a person's, not the app's own and not for its API, or bound to a key (RFC 8693 §2.2.2) */
async function subjectOfRequest(
  provider: Provider,
  { apps, context }: Parts,
  clientId: string,
  given: string,
): Promise<SubjectToken> {
  const token = await provider.AccessToken.find(keyOf(given));
  const isOwn = token?.clientId === clientId && !token.aud;
  const grant = token?.grantId ? await provider.Grant.find(token.grantId) : undefined;
  const isGranted = token !== undefined && (token.grantId === undefined || grant?.accountId === token.accountId);
  const isIts = token && isGranted && (isOwn || (await isOfApi(apps, clientId, token)));
  if (
    !isIts ||
    !token.accountId ||
    token.rar ||
    token.isSenderConstrained() ||
    !(await maySignIn(context, token.accountId, clientId))
  )
    throw new errors.InvalidRequest('subject_token is not a token that this app may exchange');
  return { accountId: token.accountId, token, isOwn };
}

/** @throws InvalidAuthorizationDetails for a child that the person does not act for in this app, and for more than one */
async function childOf(
  parts: Parts,
  ctx: KoaContextWithOIDC,
  { accountId: personId, isOwn }: SubjectToken,
  clientId: string,
): Promise<Acting | undefined> {
  const { authorization_details: text } = ctx.oidc.params ?? {};
  if (text === undefined) return undefined;
  const [asked, ...more] = JSON.parse(String(text)) as { readonly sub?: string }[]; // the library has judged it
  const acting = isOwn ? await actingIn(parts, { personId, clientId }) : [];
  const child = acting.find(({ sub }) => sub === asked?.sub);
  if (!child || more.length > 0)
    throw new errors.InvalidAuthorizationDetails('the person does not act for this child in this app');
  return child;
}

async function areForThem(
  { context: { db } }: Parts,
  ...pairs: readonly (readonly [string, string])[]
): Promise<boolean> {
  const found = await Promise.all(pairs.map(([clientId, personId]) => isForPerson(db, { clientId }, personId)));
  return !found.includes(false);
}

interface Asked {
  readonly subject: SubjectToken;
  readonly child: Acting | undefined;
  readonly called: App;
  readonly server: ResourceServer;
  readonly resource: string;
  readonly asked: readonly string[];
}

/**
 * A token of the person, so that it ends when they sign out or are suspended. One that acts for a child is opaque: the API
 * asks about it, and hears at once when the guardianship has ended (a JWT would be believed for minutes).
 */
async function tokenFor(
  provider: Provider,
  { context, subjectOf }: Parts,
  ctx: KoaContextWithOIDC,
  { subject, child, called, server, resource, asked }: Asked,
): Promise<AccessToken> {
  const { token: from, accountId, isOwn } = subject;
  const client = ctx.oidc.client;
  if (!client) throw new TypeError('the library has authenticated the client');
  const made = new provider.AccessToken({
    accountId,
    client,
    gty: 'token_exchange',
    sessionUid: from.sessionUid,
    ...(isOwn ? { grantId: from.grantId, expiresWithSession: from.expiresWithSession } : {}),
  } as ConstructorParameters<typeof provider.AccessToken>[0]);
  const left = (from.exp ?? 0) - librarySeconds();
  const life = { accessTokenTTL: Math.min(server.accessTokenTTL ?? left, left) };
  const format = child ? ({ accessTokenFormat: 'opaque' } as const) : {};
  made.resourceServer = new provider.ResourceServer(resource, { ...server, ...life, ...format });
  made.scope = asked.join(' ');
  bindToCertificate(made, client, ctx, context.clock);
  const self = await subjectOf(called.sector, accountId);
  if (!child) {
    const { acr, amr, auth_time, act } = (from.extra ?? {}) as Record<string, unknown>;
    made.extra = { sub: self, acr, amr, auth_time, act: { sub: client.clientId, ...(act ? { act } : {}) } };
    return made;
  }
  const sub = await subjectOf(called.sector, child.childId);
  made.extra = { sub, act: { sub: self } };
  made.rar = [{ type: child.type, sub: child.sub, relation: child.relation }]; // as this app knows the child
  await context.db.transaction().execute((transaction) =>
    record(transaction, {
      type: 'child.acted-for',
      actor: { kind: 'person', personId: accountId, sessionId: '', roles: [], acr: '', authenticatedAt: new Date(0) },
      subject: { kind: 'person', id: child.childId },
      data: { app: client.clientId, api: called.clientId },
    }),
  );
  return made;
}

/** RFC 8705 §3: what an app with certificates gets is bound to the one that it has just proved, also by this grant. */
function bindToCertificate(made: AccessToken, client: object, ctx: KoaContextWithOIDC, clock: Clock): void {
  if (!(client as { tlsClientCertificateBoundAccessTokens?: boolean }).tlsClientCertificateBoundAccessTokens) return;
  const certificate = certificateOf(ctx, clock);
  if (!certificate) throw new errors.InvalidGrant('the certificate of the app is needed');
  (made as unknown as { setThumbprint(by: 'x5t', certificate: unknown): void }).setThumbprint('x5t', certificate);
}

/**
 * Whether a token that acts for a child still may: the guardian decides for the child and has not taken the agreement back.
 * True for every other token.
 */
export async function stillActs(parts: Parts, given: object): Promise<boolean> {
  const { accountId: personId = '', clientId = '', extra, rar } = given as AccessToken;
  if (!rar || !(extra as { act?: object } | undefined)?.act) return true;
  const acting = await actingIn(parts, { personId, clientId });
  return acting.some(({ sub }) => rar.some((held) => held.sub === sub));
}
