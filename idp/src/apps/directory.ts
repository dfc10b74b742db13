import type { Clock } from '@edutrust/platform/clock';
import { type Database, statement } from '@edutrust/platform/database';
import type { ClientMetadata } from 'oidc-provider';
import { idpOf } from '../tables.ts';
import { isAgentId } from './agent-ids.ts';
import { type App, toApp } from './app.ts';
import { keyOfCertificate } from './certificates.ts';
import { detailTypes, keepsSecret, neededProtection, takesPeopleBack } from './protocol.ts';

/** How long a process may go on with what it knows of an app: a change holds everywhere within this time (S2). */
const freshMs = 3_000;

/** Who knows agents by their documents (`agents/`). */
export interface Agents {
  /** Reads the document where it is due; gives whether it is a client now. `known`: as it is kept, undefined: not yet. */
  isCurrent(clientId: string, known: App | undefined): Promise<boolean>;
}

/** Apps as the provider asks for them, many times a request: each is read once in a few seconds. */
export interface AppDirectory {
  /** The client metadata of an app that has not ended; the same frozen object until the app changes. */
  find(clientId: string): Promise<ClientMetadata | undefined>;
  app(clientId: string): Promise<App | undefined>;
  /** The app whose API has this identifier. */
  ofApi(identifier: string): Promise<App | undefined>;
  /** Whether the secret is one that the app has now. Compares hashes; the secrets are kept nowhere. */
  secretMatches(clientId: string, hash: Buffer): Promise<boolean>;
}

const findOfApi = statement<{ client_id: string }, [identifier: string]>(
  'idp.app-of-api',
  `SELECT client_id FROM idp.app WHERE api->>'identifier' = $1 AND ended_at IS NULL`,
);

interface Held {
  readonly readAt: number;
  readonly app: App;
  readonly version: number;
  readonly metadata: ClientMetadata;
  readonly secretHashes: readonly { readonly hash: Buffer; readonly until: Date | null }[];
}

export function createAppDirectory(db: Database, clock: Clock, agents?: Agents): AppDirectory {
  const nowMs = () => clock.now().getTime();
  const held = new Map<string, Held | { readonly readAt: number; readonly app: undefined }>();

  const rowOf = (clientId: string) =>
    idpOf(db)
      .selectFrom('idp.app')
      .selectAll()
      .where('client_id', '=', clientId)
      .where('ended_at', 'is', null)
      .executeTakeFirst();

  async function agentRow(clientId: string) {
    const row = await rowOf(clientId);
    return (await agents?.isCurrent(clientId, row && toApp(row))) ? rowOf(clientId) : undefined;
  }

  async function read(clientId: string): Promise<Held | undefined> {
    const known = held.get(clientId);
    if (known && nowMs() - known.readAt < freshMs) return known.app ? known : undefined;
    if (clientId.length > 100 || clientId.includes('\0')) return undefined;
    const row = isAgentId(clientId) ? await agentRow(clientId) : await rowOf(clientId);
    if (held.size > 20_000) held.clear(); // unknown names cost memory too
    if (!row) {
      held.set(clientId, { readAt: nowMs(), app: undefined });
      return undefined;
    }
    const same = known?.app && known.version === row.version ? known : undefined;
    const app = same?.app ?? toApp(row);
    const now: Held = {
      readAt: nowMs(),
      app,
      version: row.version,
      metadata: same?.metadata ?? metadataOf(app, row.secret_hash !== null),
      secretHashes: [
        { hash: row.secret_hash, until: null },
        { hash: row.previous_secret_hash, until: row.previous_secret_until },
      ].flatMap(({ hash, until }) => (hash ? [{ hash, until }] : [])),
    };
    held.set(clientId, now);
    return now;
  }

  return {
    find: async (clientId) => (await read(clientId))?.metadata,
    app: async (clientId) => (await read(clientId))?.app,
    ofApi: async (identifier) => {
      const [row] = await findOfApi(db, identifier);
      return row && (await read(row.client_id))?.app;
    },
    secretMatches: async (clientId, given) => {
      const hashes = (await read(clientId))?.secretHashes ?? [];
      const now = clock.now();
      // both sides are SHA-256 of 256 random bits: comparing them tells a guesser nothing about the secret
      return hashes.some(({ hash, until }) => (until === null || until > now) && hash.equals(given));
    },
  };
}

/** OpenID Connect Registration §2. What is not named here keeps the provider's strict defaults. */
function metadataOf(app: App, hasSecret: boolean): ClientMetadata {
  const takesBack = takesPeopleBack(app.kind);
  const hasOwnToken =
    keepsSecret(app.kind) && app.scopes.some((scope) => scope.startsWith('ssf.') || scope === 'documents');
  const metadata: ClientMetadata = {
    client_id: app.clientId,
    client_name: app.name,
    application_type: app.kind === 'native' ? 'native' : 'web',
    redirect_uris: app.redirectUris,
    post_logout_redirect_uris: app.postLogoutRedirectUris,
    response_types: takesBack ? ['code'] : [],
    grant_types: [
      ...(takesBack ? ['authorization_code'] : []),
      ...(app.kind === 'machine' ? [] : ['refresh_token']),
      ...(app.kind === 'machine' || hasOwnToken ? ['client_credentials'] : []),
    ],
    ...authenticationOf(app, hasSecret),
    ...signaturesOf(app),
    code_protection: neededProtection(app),
    security_profile: app.securityProfile,
    // a code on a screen is passed on too easily for an app that nobody approved
    uses_device_flow: app.kind === 'device' && app.isApproved,
    ...cibaMetadata(app),
    uses_exchange: app.exchangesTokens && app.isApproved && app.securityProfile === 'standard',
    authorization_details_types: Object.entries(detailTypes).flatMap(([scope, types]) =>
      app.scopes.includes(scope) ? types : [],
    ),
    subject_type: 'pairwise',
    // The sector is what the registration says, not a host; nothing is fetched from this address.
    sector_identifier_uri: `https://${isAgentId(app.clientId) ? 'agent' : app.clientId}.sector.invalid/`,
    scope: app.scopes.join(' '),
    ...(app.backchannelLogoutUri
      ? { backchannel_logout_uri: app.backchannelLogoutUri, backchannel_logout_session_required: true }
      : {}),
  };
  for (const value of Object.values(metadata)) Object.freeze(value);
  return Object.freeze(metadata);
}

/** Nobody is asked on their phone by an app that nobody approved (OpenID CIBA §4). */
function cibaMetadata({ ciba, isApproved, isSandbox }: App): Partial<ClientMetadata> {
  if (!ciba || !isApproved || isSandbox) return {};
  return {
    uses_ciba: true,
    backchannel_token_delivery_mode: ciba.delivery, // where it is called `ciba/ping.ts` knows alone
  };
}

/** What is signed for the app and by it, and what its profile has it do (FAPI 2.0 Security Profile §5.3.2, Message Signing §5). */
function signaturesOf({ idTokenAlg, securityProfile, certificates }: App): Partial<ClientMetadata> {
  const signed = {
    id_token_signed_response_alg: idTokenAlg,
    authorization_signed_response_alg: idTokenAlg,
    introspection_signed_response_alg: idTokenAlg,
  };
  if (securityProfile === 'standard') return signed;
  return {
    ...signed,
    require_pushed_authorization_requests: true,
    ...(certificates.length > 0 ? {} : { dpop_bound_access_tokens: true }),
    ...(securityProfile === 'fapi2-signed'
      ? {
          require_signed_request_object: true,
          response_modes: ['jwt', 'query.jwt', 'form_post.jwt'],
        }
      : {}),
  };
}

/** How the app proves itself (OpenID Connect Core §9): with its keys where it has any, never with both. */
function authenticationOf({ jwks, jwksUri, certificates }: App, hasSecret: boolean): Partial<ClientMetadata> {
  if (certificates.length > 0) {
    return {
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      tls_client_certificate_bound_access_tokens: true,
      jwks: { keys: [...(jwks?.keys ?? []), ...certificates.map(keyOfCertificate)] },
    };
  }
  if (jwks) return { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [...jwks.keys] } };
  if (jwksUri) return { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: jwksUri };
  if (!hasSecret) return { token_endpoint_auth_method: 'none' };
  // The library wants a text here; it compares through `secretMatches`, and no algorithm of ours uses it as a key.
  return { token_endpoint_auth_method: 'client_secret_basic', client_secret: 'kept as a hash' };
}
