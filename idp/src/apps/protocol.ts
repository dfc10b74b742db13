import { InvalidInput } from '@edutrust/platform/errors';

/**
 * `web`: has a server and a secret; `spa`: runs in the browser; `native`: installed (RFC 8252); `device`: without a keyboard or
 * browser, people sign in on another one (RFC 8628); `machine`: acts for itself only.
 */
export const appKinds = ['web', 'spa', 'native', 'device', 'machine'] as const;
export type AppKind = (typeof appKinds)[number];

/** What can sign an app's ID tokens and logout tokens, the default first; of each there is a key in every generation. */
export const idTokenAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const;
export type IdTokenAlgorithm = (typeof idTokenAlgorithms)[number];

/** How an app speaks OpenID Connect where its software cannot do as we would have it; the defaults are the first of each. */
export interface AppProtocol {
  readonly idTokenAlg: IdTokenAlgorithm;
  /** false: its software has no PKCE and sends a `nonce` instead (RFC 9700 §2.1.1); for apps with a secret alone. */
  readonly requiresPkce: boolean;
  /** true: what its scopes release stands in the ID token too, for software that never asks userinfo. */
  readonly hasClaimsInIdToken: boolean;
}

/** Whether people come back to an address of an app of this kind. */
export const takesPeopleBack = (kind: AppKind): boolean => kind !== 'machine' && kind !== 'device';

/** Whether an app of this kind keeps a secret (a confidential client, RFC 6749 §2.1). */
export const keepsSecret = (kind: AppKind): boolean => kind === 'web' || kind === 'machine';

/** @throws InvalidInput `apps/needs-pkce` for a public client without PKCE: its code is anybody's who sees it. */
export function mustHavePkce(kind: AppKind, { requiresPkce }: Pick<AppProtocol, 'requiresPkce'>): void {
  if (requiresPkce || keepsSecret(kind)) return;
  const detail = {
    vi: 'Ứng dụng không giữ được mã bí mật thì phải dùng PKCE.',
    en: 'An app that cannot keep a secret has to use PKCE.',
  };
  throw new InvalidInput('apps/needs-pkce', detail, { fields: [{ pointer: '/requiresPkce', detail }] });
}
