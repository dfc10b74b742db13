import type { ServiceContext } from '@edutrust/platform/context';
import { ask } from '@edutrust/platform/public-address';
import Provider, { type Configuration, errors } from 'oidc-provider';
import { formOf } from '../acting-for/details.ts';
import type { AppDirectory } from '../apps/directory.ts';
import { assertionAlgorithms, longestAssertionSeconds } from '../apps/keys.ts';
import { idTokenAlgorithms } from '../apps/protocol.ts';
import { cibaFeature, personOfHint, requestSeconds } from '../ciba/feature.ts';
import type { IdpPages } from '../pages.ts';
import type { RiskWatch } from '../risk/risk.ts';
import { inventedPersonOf } from '../sandbox/choice.ts';
import { inventedClaims } from '../sandbox/people.ts';
import type { CookieNames } from '../sessions/cookies.ts';
import { sessionSecondsLeft } from '../sessions/timeouts.ts';
import { accessTokenSeconds, createAdapter } from './adapter.ts';
import { apiClaims, apiServer, isOfApi } from './api-tokens.ts';
import { assuranceLevels } from './assurance.ts';
import { authorizationDetails } from './authorization-details.ts';
import { mutualTls, mutualTlsAddresses } from './certificate.ts';
import { releasableScopes, scopeClaims } from './claims.ts';
import { mustBeGivable, scopesOfAsked } from './claims-parameter.ts';
import { keptDetails, mustBeKept } from './credential-details.ts';
import { deviceFlow, devicePath } from './device-flow.ts';
import { nonceKey, proofAlgorithms } from './dpop-proof.ts';
import { ownClient } from './first-party.ts';
import { loadGrant, refreshSeconds } from './grants.ts';
import type { SigningKey } from './keys.ts';
import { librarySeconds } from './library-time.ts';
import { errorPage, loggedOutPage, logoutPage } from './pages.ts';
import { claimsOf, maySignIn } from './person.ts';
import { isFapi, isSignedForProfile, profileFeatures } from './profiles.ts';
import { signInPolicy } from './sign-in-policy.ts';
import { SynchronousSigningKey } from './signing-key.ts';
import { stillActs } from './token-exchange.ts';

const codeSeconds = 60;
const idTokenSeconds = 10 * 60;
const deviceCodeSeconds = 10 * 60;
/** Seconds that the clock of an app may be ahead of ours. */
const clockTolerance = 10; // FAPI 2.0 Security Profile §5.3.2.1
/** Addresses of keys answer within this time, and in this length. */
const fetchMs = 5_000;
const longestKeysBytes = 64 * 1024;

export interface ConfigurationInput {
  readonly context: ServiceContext;
  readonly apps: AppDirectory;
  readonly pages: IdpPages;
  readonly cookies: CookieNames;
  readonly keys: readonly SigningKey[];
  readonly risk: RiskWatch;
  /** The pairwise subject of a person for a sector. */
  readonly subjectOf: (sector: string, personId: string) => Promise<string>;
}

/** What apps ask without a person, by the library's names. */
const askedByApps = {
  token: '/oidc/token',
  userinfo: '/oidc/userinfo',
  introspection: '/oidc/token/introspection',
  revocation: '/oidc/token/revocation',
  pushed_authorization_request: '/oidc/par',
  device_authorization: '/oidc/device_authorization',
  backchannel_authentication: '/oidc/backchannel',
};

interface ClaimsWish {
  readonly clientId: string | undefined;
  /** Scopes of the claims that the request asks for one by one. */
  readonly one: readonly string[];
}

/** Everything of oidc-provider, said explicitly: what is not wanted is off, and no default decides. */
export function providerConfiguration({
  context,
  apps,
  pages,
  cookies,
  keys,
  risk,
  subjectOf,
}: ConfigurationInput): Configuration {
  const { config, secrets } = context;
  const off = { enabled: false } as const;

  /** Of most ID tokens nothing but the subject is kept (`conformIdTokenClaims`), so nothing else is read for them. */
  async function claimsFor(use: string, scopes: string[], personId: string, { clientId = '', one = [] }: ClaimsWish) {
    const app = await apps.app(clientId);
    if (use === 'id_token' && !app?.hasClaimsInIdToken && one.length === 0) return {};
    if (app?.isSandbox) {
      const invented = await inventedPersonOf(context.db, Provider.ctx, { clientId, personId });
      return invented ? inventedClaims(invented, await subjectOf(app.sector, invented.id)) : {};
    }
    return claimsOf(context, { apps, subjectOf }, { personId, clientId, scopes: [...scopes, ...one] });
  }

  return {
    adapter: createAdapter(context, apps),
    clients: [ownClient(config.url)],
    jwks: { keys: keys.map((key) => new SynchronousSigningKey(key)) },
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
    pairwiseIdentifier: async (ctx, accountId, { clientId }) => {
      const app = await apps.app(clientId);
      const who = app?.isSandbox
        ? (await inventedPersonOf(context.db, ctx, { clientId, personId: accountId }))?.id
        : accountId;
      return subjectOf(app?.sector ?? clientId, who ?? accountId);
    },
    sectorIdentifierUriValidate: () => false, // a sector is what the registration says; nothing is fetched
    findAccount: async (ctx, accountId) => {
      const personId = await personOfHint({ context, apps }, ctx, accountId);
      if (!personId || !(await maySignIn(context, personId, ctx.oidc?.client?.clientId))) return undefined;
      return {
        accountId: personId,
        claims: async (use, scope, claims) => ({
          ...(await claimsFor(use, scope.split(' '), personId, {
            clientId: ctx.oidc?.client?.clientId,
            one: scopesOfAsked(claims),
          })),
          sub: personId,
        }),
      };
    },
    // What is to be signed with a person's key (CSC API v2.2 §8.4.2); read by who signs.
    extraParams: {
      ...{ credentialID: null, numSignatures: null, hashes: null, hashAlgorithmOID: null, description: null },
      [keptDetails]: mustBeKept,
    },
    responseTypes: ['code', 'none'],
    // What the software of an app with a secret cannot do is said by its registration (`apps/protocol.ts`).
    pkce: {
      required: (ctx, { code_protection: needed }) =>
        needed !== 'none' && (needed !== 'nonce' || !ctx.oidc.params?.nonce),
    },
    extraClientMetadata: {
      properties: ['code_protection', 'uses_device_flow', 'uses_ciba', 'uses_exchange', 'security_profile'],
    },
    allowOmittingSingleRegisteredRedirectUri: false,
    acceptQueryParamAccessTokens: false,
    conformIdTokenClaims: true,
    enableHttpPostMethods: false, // `provider.ts` turns a POST into the GET that carries the cookie
    clientAuthMethods: [
      ...(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const),
      ...(config.mtlsUrl ? (['self_signed_tls_client_auth'] as const) : []),
    ],
    discovery: {
      ...mutualTlsAddresses(config.mtlsUrl, askedByApps),
      registration_endpoint: `${config.url.origin}/oidc/register`, // `registration/routes.ts`
      ...(config.agentOrigins.length > 0 ? { client_id_metadata_document_supported: true } : {}), // `agents/`
    },
    clientDefaults: {
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
      authorization_signed_response_alg: 'ES256',
      introspection_signed_response_alg: 'ES256',
      token_endpoint_auth_method: 'client_secret_basic',
    },
    enabledJWA: {
      clientAuthSigningAlgValues: [...assertionAlgorithms],
      idTokenSigningAlgValues: [...idTokenAlgorithms],
      authorizationSigningAlgValues: [...idTokenAlgorithms],
      userinfoSigningAlgValues: [...idTokenAlgorithms],
      introspectionSigningAlgValues: [...idTokenAlgorithms],
      requestObjectSigningAlgValues: [...assertionAlgorithms],
      dPoPSigningAlgValues: [...proofAlgorithms],
    },
    // P9: a client assertion names the issuer, and nothing else, as its audience (draft-ietf-oauth-security-topics-update)
    assertJwtClientAuthClaimsAndHeader: async (ctx, claims, header, client) => {
      if (!isSignedForProfile(header, client)) throw new errors.InvalidClientAuth('RS256 is not of the FAPI profiles');
      if (claims.aud !== ctx.oidc.issuer) throw new errors.InvalidClientAuth('audience (aud) must be the issuer');
      if (Number(claims.exp) > librarySeconds() + longestAssertionSeconds + clockTolerance)
        throw new errors.InvalidClientAuth('expiration (exp) must be within an hour');
    },
    features: {
      devInteractions: off,
      ...profileFeatures(secrets.derive(nonceKey)),
      mTLS: mutualTls(config.mtlsUrl, context.clock),
      claimsParameter: { enabled: true, assertClaimsParameter: mustBeGivable },
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        // its own tokens, and those for its API
        allowedPolicy: async (_ctx, client, token) =>
          client.clientAuthMethod !== 'none' &&
          (token.clientId === client.clientId || (await isOfApi(apps, client.clientId, token))) &&
          (await stillActs({ context, apps, subjectOf }, token)),
      },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      pushedAuthorizationRequests: {
        enabled: true,
        requirePushedAuthorizationRequests: false,
        allowUnregisteredRedirectUris: false,
      },
      resourceIndicators: {
        enabled: true,
        // no resource: an opaque token for userinfo; of several none is chosen, which is refused
        defaultResource: (_ctx, _client, several) => several as unknown as string,
        useGrantedResource: () => false,
        getResourceServerInfo: async (ctx, identifier, client) => ({
          ...(await apiServer(apps, identifier, client.clientId)),
          ...formOf(ctx),
        }),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => logoutPage(context, apps, pages, ctx, form),
        postLogoutSuccessSource: (ctx) => loggedOutPage(pages, ctx),
      },
      userinfo: { enabled: true },
      deviceFlow: deviceFlow({ context, apps, pages }),
      ciba: cibaFeature(context),
      richAuthorizationRequests: authorizationDetails({ context, apps, subjectOf }),
      externalSigningSupport: { enabled: true, ack: 'experimental-01' }, // changes with a version of the library, which is pinned
      encryption: off,
      registration: off,
      registrationManagement: off,
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
      ...askedByApps,
      authorization: '/oidc/auth',
      jwks: '/oidc/jwks',
      end_session: '/oidc/session/end',
      challenge: '/oidc/challenge',
      code_verification: devicePath,
    },
    interactions: { url: (_ctx, interaction) => `/signin/${interaction.uid}`, policy: signInPolicy(risk) },
    loadExistingGrant: (ctx) => loadGrant(context, apps, ctx),
    issueRefreshToken: async (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
    expiresWithSession: async (_ctx, source) => !source.scopes.has('offline_access'),
    // FAPI 2.0 Security Profile §5.3.2.1: of apps that prove themselves at each use a lost answer breaks nothing
    rotateRefreshToken: ({ oidc }) => !isFapi(oidc.client),
    revokeGrantPolicy: (ctx) => !(ctx.oidc.route === 'revocation' && ctx.oidc.entities.AccessToken),
    ttl: {
      AuthorizationCode: codeSeconds,
      DeviceCode: deviceCodeSeconds,
      BackchannelAuthenticationRequest: (_ctx, { params }) =>
        Math.min(requestSeconds, Number(params?.requested_expiry ?? requestSeconds)),
      AccessToken: (_ctx, { resourceServer }) => resourceServer?.accessTokenTTL ?? accessTokenSeconds,
      ClientCredentials: (_ctx, { resourceServer }) => resourceServer?.accessTokenTTL ?? accessTokenSeconds,
      IdToken: idTokenSeconds,
      Interaction: 30 * 60,
      Grant: refreshSeconds,
      RefreshToken: (ctx) => ctx.oidc.entities.RotatedRefreshToken?.remainingTTL ?? refreshSeconds,
      Session: (_ctx, session) => sessionSecondsLeft(session),
    },
    clockTolerance,
    extraTokenClaims: (ctx, token) => apiClaims(context.db, { apps, subjectOf }, ctx, token),
    formats: {
      customizers: {
        jwt: (_ctx, token, jwt) => {
          Object.assign(jwt.payload, token.extra); // `sub` too, which the library sets for the app that asks
        },
      },
    },
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' && (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
    renderError: (ctx, out, error) => errorPage(pages, ctx, out, error),
    // The keys of apps, from the address that their registration gives; nothing else is fetched. Without the answer's headers
    // they are read again each minute, so keys that an app takes away do not outlive that.
    fetch: async (input) => {
      const { status, text } = await ask(String(input), {
        method: 'GET',
        headers: { accept: 'application/json' },
        issuer: config.url,
        timeoutMs: fetchMs,
        maxBytes: longestKeysBytes,
      });
      return new Response(text, { status });
    },
  };
}
