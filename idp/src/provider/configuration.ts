import type { ServiceContext } from '@edutrust/platform/context';
import { personClaims } from '@edutrust/registry/people';
import { sql } from 'kysely';
import { type Configuration, errors, type Grant, type KoaContextWithOIDC } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import { guardedScopes, isForPerson, releasedScopes } from '../apps/release.ts';
import type { IdpPages } from '../pages.ts';
import type { CookieNames } from '../sessions/cookies.ts';
import { lifeOf } from '../sessions/life.ts';
import { createAdapter } from './adapter.ts';
import { assuranceLevels, signInPolicy } from './assurance.ts';
import { releasableScopes, scopeClaims } from './claims.ts';
import type { SigningKey } from './keys.ts';
import { grantForSession } from './models/grant.ts';
import { ownClient, ownClientId } from './own-client.ts';
import { errorPage, loggedOutPage, logoutPage } from './pages.ts';
import { createSubjects } from './subject.ts';
import { maySignInOf, readTogether, stampOf } from './together.ts';

const codeSeconds = 60;
const accessTokenSeconds = 10 * 60;
const idTokenSeconds = 10 * 60;
/** From the first refresh token of a family, however often it is rotated (P6). */
export const refreshSeconds = 14 * 24 * 3600;
/** Apps that are told of a logout or asked for nothing else answer within this time. */
const fetchMs = 5_000;

export interface ConfigurationInput {
  readonly context: ServiceContext;
  readonly apps: AppDirectory;
  readonly pages: IdpPages;
  readonly cookies: CookieNames;
  readonly keys: readonly SigningKey[];
}

/** Everything of oidc-provider, said explicitly: what is not wanted is off, and no default decides. */
export function providerConfiguration({ context, apps, pages, cookies, keys }: ConfigurationInput): Configuration {
  const { config, secrets } = context;
  const off = { enabled: false } as const;
  const subjects = createSubjects(context);
  return {
    adapter: createAdapter(context, apps),
    clients: [ownClient(config.url)],
    jwks: { keys },
    acrValues: [...assuranceLevels],
    scopes: [...releasableScopes],
    claims: {
      ...Object.fromEntries(Object.entries(scopeClaims).map(([scope, claims]) => [scope, [...claims]])),
      // How and when a person signed in stands in every ID token; an app need not know to ask.
      openid: [...scopeClaims.openid, 'acr', 'amr', 'auth_time'],
      iss: null,
      sid: null,
    },
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: async (_ctx, accountId, client) =>
      subjects((await apps.app(client.clientId))?.sector ?? client.clientId, accountId),
    sectorIdentifierUriValidate: () => false, // a sector is what the registration says; nothing is fetched
    findAccount: async (ctx, personId) => {
      if (!(await maySignIn(context, personId))) return undefined;
      return {
        accountId: personId,
        claims: async () => ({
          ...(await claimsOf(context, apps, personId, ctx.oidc?.client?.clientId)),
          sub: personId,
        }),
      };
    },
    responseTypes: ['code', 'none'],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    acceptQueryParamAccessTokens: false,
    conformIdTokenClaims: true,
    enableHttpPostMethods: false, // `provider.ts` turns a POST into the GET that carries the cookie
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clientDefaults: {
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
      token_endpoint_auth_method: 'client_secret_basic',
    },
    enabledJWA: {
      clientAuthSigningAlgValues: ['ES256', 'PS256', 'Ed25519'],
      idTokenSigningAlgValues: ['ES256'],
      userinfoSigningAlgValues: ['ES256'],
      introspectionSigningAlgValues: ['ES256'],
      dPoPSigningAlgValues: ['ES256', 'Ed25519'],
    },
    // P9: a client assertion names the issuer, and nothing else, as its audience (draft-ietf-oauth-security-topics-update)
    assertJwtClientAuthClaimsAndHeader: async (ctx, claims) => {
      if (claims.aud !== ctx.oidc.issuer) throw new errors.InvalidClientAuth('audience (aud) must be the issuer');
    },
    features: {
      devInteractions: off,
      dPoP: {
        enabled: true,
        nonceSecret: secrets.derive('idp/dpop-nonce/v1'),
        requireNonce: () => false,
        allowReplay: false,
      },
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          token.clientId === client.clientId && client.clientAuthMethod !== 'none',
      },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      pushedAuthorizationRequests: {
        enabled: true,
        requirePushedAuthorizationRequests: false,
        allowUnregisteredRedirectUris: false,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined as unknown as string, // no resource: an opaque token for userinfo
        useGrantedResource: () => false,
        getResourceServerInfo: () => {
          throw new errors.InvalidTarget(); // no API of its own is offered yet
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => logoutPage(context, apps, pages, ctx, form),
        postLogoutSuccessSource: (ctx) => loggedOutPage(pages, ctx),
      },
      userinfo: { enabled: true },
      claimsParameter: off,
      deviceFlow: off,
      encryption: off,
      jwtIntrospection: off,
      jwtResponseModes: off,
      jwtUserinfo: off,
      registration: off,
      registrationManagement: off,
      requestObjects: off,
      mTLS: off,
      ciba: off,
      fapi: off,
      richAuthorizationRequests: off,
      rpMetadataChoices: off,
    },
    cookies: {
      names: { session: cookies.session, interaction: cookies.interaction, resume: cookies.resume },
      keys: [secrets.derive('idp/cookies/v1').toString('base64url')],
      long: { httpOnly: true, sameSite: 'lax', path: '/', secure: config.url.protocol === 'https:' },
      // no path: each sign-in has its own, so that two tabs do not mix
      short: { httpOnly: true, sameSite: 'lax', secure: config.url.protocol === 'https:' },
    },
    routes: {
      authorization: '/oidc/auth',
      token: '/oidc/token',
      userinfo: '/oidc/userinfo',
      jwks: '/oidc/jwks',
      introspection: '/oidc/token/introspection',
      revocation: '/oidc/token/revocation',
      pushed_authorization_request: '/oidc/par',
      end_session: '/oidc/session/end',
      challenge: '/oidc/challenge',
    },
    interactions: { url: (_ctx, interaction) => `/signin/${interaction.uid}`, policy: signInPolicy() },
    loadExistingGrant: (ctx) => loadGrant(context, apps, ctx),
    issueRefreshToken: async (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
    expiresWithSession: async (_ctx, source) => !source.scopes.has('offline_access'),
    rotateRefreshToken: true,
    revokeGrantPolicy: (ctx) => !(ctx.oidc.route === 'revocation' && ctx.oidc.entities.AccessToken),
    ttl: {
      AuthorizationCode: codeSeconds,
      AccessToken: accessTokenSeconds,
      ClientCredentials: accessTokenSeconds,
      IdToken: idTokenSeconds,
      Interaction: 30 * 60,
      Grant: refreshSeconds,
      RefreshToken: (ctx) => ctx.oidc.entities.RotatedRefreshToken?.remainingTTL ?? refreshSeconds,
      Session: (_ctx, session) => {
        const age = session.loginTs === undefined ? 0 : Math.floor(Date.now() / 1000) - session.loginTs;
        return Math.max(1, lifeOf(session).totalSeconds - age);
      },
    },
    clockTolerance: 5,
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' && (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
    renderError: (ctx, out, error) => errorPage(pages, ctx, out, error),
    fetch: (input, init) =>
      globalThis.fetch(input, { ...init, redirect: 'manual', signal: AbortSignal.timeout(fetchMs) }),
  };
}

/** Refused: every grant of somebody who may not sign in (S2). */
async function maySignIn({ db }: ServiceContext, personId: string): Promise<boolean> {
  const { account } = readTogether();
  if (account?.personId === personId) return account.maySignIn;
  const { rows } = await sql<{ may: boolean }>`
    SELECT ${maySignInOf('person.id')} AS may FROM (SELECT ${personId}::uuid AS id) AS person`.execute(db);
  return rows[0]?.may === true;
}

/** What there is to say of a person to this app; a pupil's data beyond the name goes to approved apps of theirs only (N2). */
async function claimsOf(
  { db }: ServiceContext,
  apps: AppDirectory,
  personId: string,
  clientId: string | undefined,
): Promise<Record<string, unknown>> {
  const known = await personClaims(db, personId);
  const app = clientId === undefined || clientId === ownClientId ? undefined : await apps.app(clientId);
  const asksMore = app?.isApproved === true && app.scopes.some((scope) => guardedScopes.has(scope));
  const theirs = asksMore && (await isForPerson(db, app, personId));
  const scopes = app ? releasedScopes(app, known, app.scopes, theirs) : [];
  const { birthdate, education_id, ...claims } = known;
  return {
    ...claims,
    ...(birthdate && scopes.includes('birthdate') ? { birthdate } : {}),
    ...(scopes.includes('education_id') ? { education_id } : {}),
  };
}

/**
 * The grant that the session already has for the app; else one made by policy: for our own pages, for apps that the
 * department or school approved, and for what the person agreed to before. Otherwise none, and the person is asked.
 * A grant holds what was agreed to in this session; what an app gets of it is what it asked for.
 */
async function loadGrant(
  { db }: ServiceContext,
  apps: AppDirectory,
  ctx: KoaContextWithOIDC,
): Promise<Grant | undefined> {
  const { client, session, provider, params, result } = ctx.oidc;
  if (!client || !session?.accountId) return undefined;
  const asked = String(params?.scope ?? '')
    .split(' ')
    .filter(Boolean);
  const held = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const grant = held ? await provider.Grant.find(held) : undefined;
  if (grant?.accountId === session.accountId) {
    const has = new Set(grant.getOIDCScope().split(' '));
    if (result?.consent || asked.every((scope) => has.has(scope))) return grant;
  }
  if (!(await isAgreed(db, apps, client.clientId, session.accountId, asked))) return grant;
  const { accountId: personId, uid: sessionUid } = session;
  const made = await grantForSession(db, {
    ...{ sessionUid, personId, clientId: client.clientId, scopes: asked },
    epoch: stampOf(personId),
    lifetimeSeconds: refreshSeconds,
  });
  if (!made) throw new errors.LoginRequired('the sign-in ended');
  return provider.Grant.find(made);
}

async function isAgreed(
  db: ServiceContext['db'],
  apps: AppDirectory,
  clientId: string,
  personId: string,
  scopes: readonly string[],
): Promise<boolean> {
  if (clientId === ownClientId) return true;
  const app = await apps.app(clientId);
  if (!app || !scopes.every((scope) => app.scopes.includes(scope))) return false;
  // Approval answers for the people whose app it is; others are asked.
  if (app.isApproved && (await isForPerson(db, app, personId))) return true;
  const { rows } = await sql`
    SELECT 1 FROM idp.consent WHERE person_id = ${personId} AND client_id = ${clientId} AND scopes @> ${[...scopes]}::text[]`.execute(
    db,
  );
  return rows.length > 0;
}
