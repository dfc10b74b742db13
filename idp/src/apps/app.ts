import type { Text } from '@edutrust/platform/messages';
import type { Selectable } from 'kysely';
import type { Ciba } from '../ciba/delivery.ts';
import type { AppTable } from '../tables.ts';
import type { ApiAccess, AppApi } from './apis.ts';
import type { Audience } from './audience.ts';
import type { KeySet } from './keys.ts';
import type { AppPicture } from './pictures.ts';
import type { AppKind, AppProtocol } from './protocol.ts';

/** A relying app. */
export interface App extends AppProtocol {
  readonly clientId: string;
  readonly name: string;
  /** Why it asks for what it asks, in one sentence that people read at consent. */
  readonly purpose: Text;
  readonly kind: AppKind;
  readonly organisationId: string;
  readonly redirectUris: string[];
  readonly postLogoutRedirectUris: string[];
  readonly backchannelLogoutUri: string | null;
  /** Where its tile on the launcher leads. */
  readonly homeUri: string | null;
  /** What it may ask for at most. */
  readonly scopes: string[];
  readonly sector: string;
  /** Approved by the department or school: people are not asked again. */
  readonly isApproved: boolean;
  /** Before it is used for real: it meets invented people only, on this machine, and only those who build it enter. */
  readonly isSandbox: boolean;
  /** Made and run outside the sector: a school activates it before its pupils' data goes there. */
  readonly isExternal: boolean;
  /** Whom it is for: others see no tile, and pupils outside it keep what is beyond their name. */
  readonly audience: Audience[];
  /** On its tile; null: its first letters. */
  readonly picture: AppPicture | null;
  /** The keys that it proves itself with in place of a secret (`private_key_jwt`), by value or by address; null: a secret, or nothing. */
  readonly jwks: KeySet | null;
  readonly jwksUri: string | null;
  /** The certificates that it proves itself with at the TLS connection (RFC 8705), as base64 of their DER; none: it does not. */
  readonly certificates: string[];
  /** What it offers to other apps; null: nothing. */
  readonly api: AppApi | null;
  /** What it may ask of the APIs of others. */
  readonly apiAccess: ApiAccess[];
  /** How it asks people to sign in on their phones; null: it does not. */
  readonly ciba: Ciba | null;
  readonly createdAt: Date;
}

export function toApp(row: Selectable<AppTable>): App {
  return {
    clientId: row.client_id,
    name: row.name,
    purpose: row.purpose,
    kind: row.kind,
    organisationId: row.organisation_id,
    redirectUris: row.redirect_uris,
    postLogoutRedirectUris: row.post_logout_redirect_uris,
    backchannelLogoutUri: row.backchannel_logout_uri,
    homeUri: row.home_uri,
    scopes: row.scopes,
    sector: row.sector,
    isApproved: row.is_approved,
    isExternal: row.is_external,
    isSandbox: row.is_sandbox,
    audience: row.audience,
    picture: row.picture,
    idTokenAlg: row.id_token_alg,
    codeProtection: row.code_protection,
    hasClaimsInIdToken: row.has_claims_in_id_token,
    jwks: row.jwks,
    jwksUri: row.jwks_uri,
    securityProfile: row.security_profile,
    exchangesTokens: row.exchanges_tokens,
    certificates: row.certificates,
    api: row.api,
    apiAccess: row.api_access,
    ciba: row.ciba,
    createdAt: row.created_at,
  };
}

/** What an approval of the app covers: all of it but its picture, its secrets, its keys and its certificates. */
export const coveredOf = (app: App) => ({
  clientId: app.clientId,
  name: app.name,
  purpose: app.purpose,
  kind: app.kind,
  organisationId: app.organisationId,
  isExternal: app.isExternal,
  audience: app.audience,
  scopes: app.scopes,
  redirectUris: app.redirectUris,
  postLogoutRedirectUris: app.postLogoutRedirectUris,
  backchannelLogoutUri: app.backchannelLogoutUri,
  homeUri: app.homeUri,
  idTokenAlg: app.idTokenAlg,
  codeProtection: app.codeProtection,
  hasClaimsInIdToken: app.hasClaimsInIdToken,
  ...(app.securityProfile === 'standard' ? {} : { securityProfile: app.securityProfile }),
  ...(app.api ? { api: app.api } : {}),
  ...(app.apiAccess.length > 0 ? { apiAccess: app.apiAccess } : {}),
  ...(app.ciba ? { ciba: app.ciba } : {}),
  ...(app.exchangesTokens ? { exchangesTokens: true as const } : {}),
});
