import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { App } from '../apps/app.ts';
import type { AppChange } from '../apps/apps.ts';
import type { KeySet } from '../apps/keys.ts';
import { type AppKind, idTokenAlgorithms } from '../apps/protocol.ts';

/** An error of RFC 7591 §3.2.2, as its answer says it. */
export class RegistrationError extends Error {
  readonly code: 'invalid_redirect_uri' | 'invalid_client_metadata';
  constructor(code: RegistrationError['code'], description: string) {
    super(description);
    this.code = code;
  }
}

const Text = Type.String({ maxLength: 2_000 });
const Addresses = Type.Array(Text, { maxItems: 20 });
const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const;

/** What we read of client metadata (RFC 7591 §2); the rest is passed over: addresses of pictures and pages are not fetched. */
const Metadata = Type.Object({
  client_name: Type.String({ minLength: 1, maxLength: 200 }),
  redirect_uris: Type.Array(Text, { minItems: 1, maxItems: 20 }),
  application_type: Type.Optional(Type.Enum(['web', 'native'])),
  token_endpoint_auth_method: Type.Optional(Type.Enum([...methods])),
  grant_types: Type.Optional(Type.Array(Type.Enum(['authorization_code', 'refresh_token']), { maxItems: 2 })),
  response_types: Type.Optional(Type.Array(Type.Literal('code'), { maxItems: 1 })),
  scope: Type.Optional(Text),
  subject_type: Type.Optional(Type.Literal('pairwise')),
  id_token_signed_response_alg: Type.Optional(Type.Enum([...idTokenAlgorithms])),
  post_logout_redirect_uris: Type.Optional(Addresses),
  backchannel_logout_uri: Type.Optional(Text),
  initiate_login_uri: Type.Optional(Type.String({ maxLength: 2_000, pattern: '^https:' })), // OpenID Connect Core §4
  jwks_uri: Type.Optional(Text),
  jwks: Type.Optional(Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown()), { maxItems: 10 }) })),
});
export type Metadata = Static<typeof Metadata>;

/** @throws RegistrationError `invalid_client_metadata` with the member that is wrong */
export function readMetadata(given: unknown): Metadata {
  if (Value.Check(Metadata, given)) return given;
  const [first] = Value.Errors(Metadata, given);
  const where = (first?.instancePath ?? '').slice(1).split('/')[0] || 'a member';
  throw new RegistrationError('invalid_client_metadata', `${where} is missing or not one that is supported`);
}

/** Of what kind an app is by its metadata: what keeps no secret runs in the browser, or is installed. */
export function kindOf({ application_type: type = 'web', token_endpoint_auth_method: method }: Metadata): AppKind {
  if (type === 'native') return 'native';
  return method === 'none' ? 'spa' : 'web';
}

/** What holds of an app whose metadata do not say it. */
export type Defaults = Pick<App, 'idTokenAlg' | 'codeProtection'>;

/** Ours, or those of OpenID Connect where the token says so; what keeps no secret has PKCE in any case. */
export const defaultsOf = (kind: AppKind, hasStandardDefaults: boolean): Defaults => ({
  idTokenAlg: hasStandardDefaults ? 'RS256' : 'ES256',
  codeProtection: hasStandardDefaults && kind === 'web' ? 'nonce' : 'pkce',
});

/**
 * The app as its own page would have it: never more scopes than the token allows, which are also those of who names none.
 *
 * @throws RegistrationError
 */
export function appOf(
  metadata: Metadata,
  allowed: readonly string[],
  { idTokenAlg, codeProtection }: Defaults,
): AppChange & Pick<App, 'name' | 'redirectUris'> {
  const scopes = metadata.scope?.split(' ').filter(Boolean) ?? [...allowed];
  const beyond = scopes.find((scope) => scope !== 'openid' && !allowed.includes(scope));
  if (beyond !== undefined)
    throw new RegistrationError('invalid_client_metadata', `scope may name ${['openid', ...allowed].join(' ')}`);
  // keys of an app that proves itself otherwise are passed over: with them it would be one that proves itself by them
  const hasKeys = metadata.token_endpoint_auth_method === 'private_key_jwt';
  if (hasKeys && metadata.jwks === undefined && metadata.jwks_uri === undefined)
    throw new RegistrationError('invalid_client_metadata', 'private_key_jwt needs jwks or jwks_uri');
  return {
    name: metadata.client_name,
    redirectUris: metadata.redirect_uris,
    postLogoutRedirectUris: metadata.post_logout_redirect_uris ?? [],
    backchannelLogoutUri: metadata.backchannel_logout_uri ?? null,
    homeUri: metadata.initiate_login_uri ?? null,
    scopes,
    idTokenAlg: metadata.id_token_signed_response_alg ?? idTokenAlg,
    codeProtection,
    jwks: hasKeys ? ((metadata.jwks as KeySet | undefined) ?? null) : null, // each key is judged where it is registered
    jwksUri: hasKeys ? (metadata.jwks_uri ?? null) : null,
  };
}

/** The registered metadata (RFC 7591 §3.2.1). */
export function metadataOf(app: App): Metadata & { readonly client_id: string; readonly client_id_issued_at: number } {
  const method = app.jwks || app.jwksUri ? 'private_key_jwt' : app.kind === 'web' ? 'client_secret_basic' : 'none';
  return {
    client_id: app.clientId,
    client_id_issued_at: Math.floor(app.createdAt.getTime() / 1000),
    client_name: app.name,
    redirect_uris: app.redirectUris,
    application_type: app.kind === 'native' ? 'native' : 'web',
    token_endpoint_auth_method: method,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope: app.scopes.join(' '),
    subject_type: 'pairwise',
    id_token_signed_response_alg: app.idTokenAlg,
    post_logout_redirect_uris: app.postLogoutRedirectUris,
    ...(app.backchannelLogoutUri ? { backchannel_logout_uri: app.backchannelLogoutUri } : {}),
    ...(app.homeUri ? { initiate_login_uri: app.homeUri } : {}),
    ...(app.jwksUri ? { jwks_uri: app.jwksUri } : {}),
    ...(app.jwks ? { jwks: { keys: app.jwks.keys.map((key) => ({ ...key })) } } : {}),
  };
}
