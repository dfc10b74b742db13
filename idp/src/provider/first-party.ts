import type { ClientMetadata } from 'oidc-provider';

/** Our own pages are a relying app of our own provider, so that there is one session: the provider's. */
export const ownClientId = 'edutrust';

/** Where the provider sends people back to after signing in for our own pages. */
export const ownReturnPath = '/signin/done';
export const signedOutPath = '/signed-out';

/** `response_type=none` (OAuth Multiple Response Types §4): all that our pages need is that the session exists. */
export function ownClient(url: URL): ClientMetadata {
  return {
    client_id: ownClientId,
    client_name: 'EduTrust',
    application_type: 'web',
    response_types: ['none'],
    grant_types: [],
    redirect_uris: [`${url.origin}${ownReturnPath}`],
    post_logout_redirect_uris: [`${url.origin}${signedOutPath}`],
    token_endpoint_auth_method: 'none',
    id_token_signed_response_alg: 'ES256',
    scope: 'openid',
  };
}
