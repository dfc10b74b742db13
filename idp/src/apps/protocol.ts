import { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';

/**
 * `web`: has a server and a secret; `spa`: runs in the browser; `native`: installed (RFC 8252); `device`: without a keyboard or
 * browser, people sign in on another one (RFC 8628); `machine`: acts for itself only.
 */
export const appKinds = ['web', 'spa', 'native', 'device', 'machine'] as const;
export type AppKind = (typeof appKinds)[number];

/** What can sign an app's ID tokens and logout tokens, the default first; of each there is a key in every generation. */
export const idTokenAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const;
export type IdTokenAlgorithm = (typeof idTokenAlgorithms)[number];

/**
 * What an app is held to. `fapi2`: the FAPI 2.0 Security Profile (requests pushed, proof by keys or a certificate, tokens
 * bound to it); `fapi2-signed`: FAPI 2.0 Message Signing too (requests, answers, userinfo and introspection signed).
 */
export const securityProfiles = ['standard', 'fapi2', 'fapi2-signed'] as const;
export type SecurityProfile = (typeof securityProfiles)[number];

/**
 * What keeps the code of another sign-in out of an app's own (RFC 9700 §2.1.1), the default first. `nonce`: its software has no
 * PKCE and sends a nonce instead; `none`: its software knows neither, as OpenID Connect Core §3.1.2.1 lets the code flow be.
 * A request that does send a challenge is held to it in each case.
 */
export const codeProtections = ['pkce', 'nonce', 'none'] as const;
export type CodeProtection = (typeof codeProtections)[number];

/** How an app speaks OpenID Connect where its software cannot do as we would have it; the defaults are the first of each. */
export interface AppProtocol {
  readonly idTokenAlg: IdTokenAlgorithm;
  /** `nonce` for apps with a secret alone, `none` for web apps of the standard profile, once they are approved so. */
  readonly codeProtection: CodeProtection;
  /** true: what its scopes release stands in the ID token too, for software that never asks userinfo. */
  readonly hasClaimsInIdToken: boolean;
  readonly securityProfile: SecurityProfile;
  /** true: it goes on to the APIs that it may call as the person who called it (RFC 8693); for apps that keep a secret. */
  readonly exchangesTokens: boolean;
}

/** Whether people come back to an address of an app of this kind. */
export const takesPeopleBack = (kind: AppKind): boolean => kind !== 'machine' && kind !== 'device';

/** Whether an app of this kind keeps a secret (a confidential client, RFC 6749 §2.1). */
export const keepsSecret = (kind: AppKind): boolean => kind === 'web' || kind === 'machine';

/** @throws InvalidInput `apps/needs-pkce` for a public client without PKCE: its code is anybody's who sees it. */
export function mustProtectCodes(kind: AppKind, { codeProtection }: Pick<AppProtocol, 'codeProtection'>): void {
  if (codeProtection === 'pkce' || kind === 'web' || (codeProtection === 'nonce' && keepsSecret(kind))) return;
  const detail = {
    vi: 'Ứng dụng không giữ được mã bí mật thì phải dùng PKCE.',
    en: 'An app that cannot keep a secret has to use PKCE.',
  };
  throw new InvalidInput('apps/needs-pkce', detail, { fields: [{ pointer: '/codeProtection', detail }] });
}

/** What a request of the app needs: of who was not approved so, and meets real people, never nothing. */
export const neededProtection = ({
  codeProtection,
  isApproved,
  isSandbox,
}: Pick<AppProtocol, 'codeProtection'> & { readonly isApproved: boolean; readonly isSandbox: boolean }) =>
  codeProtection === 'none' && !isApproved && !isSandbox ? 'nonce' : codeProtection;

/** @throws InvalidInput `apps/no-exchange` for an app that cannot keep a secret: what it is handed is anybody's. */
export function mustBeService(kind: AppKind, { exchangesTokens }: Pick<AppProtocol, 'exchangesTokens'>): void {
  if (!exchangesTokens || keepsSecret(kind)) return;
  const detail = {
    vi: 'Chỉ ứng dụng có máy chủ mới đổi được token.',
    en: 'Only an app with a server exchanges tokens.',
  };
  throw new InvalidInput('apps/no-exchange', detail, { fields: [{ pointer: '/exchangesTokens', detail }] });
}

/**
 * A profile is one choice, and nothing else of the app may be weaker than it (FAPI 2.0 Security Profile §5.3.2, §5.4.1).
 *
 * @throws InvalidInput `apps/not-safe-enough`
 */
export function mustKeepProfile(
  kind: AppKind,
  { securityProfile, idTokenAlg, codeProtection }: AppProtocol,
  provesItself: boolean,
): void {
  if (securityProfile === 'standard') return;
  const reasons: (readonly [boolean, Text])[] = [
    [!keepsSecret(kind), { vi: 'ứng dụng có máy chủ của mình', en: 'an app with a server of its own' }],
    [
      !provesItself,
      { vi: 'chứng thư hoặc khóa công khai không của RS256', en: 'a certificate or public keys, none of RS256' },
    ],
    [
      idTokenAlg === 'RS256',
      { vi: 'ID token ký bằng ES256, PS256 hoặc EdDSA', en: 'ID tokens signed by ES256, PS256 or EdDSA' },
    ],
    [codeProtection !== 'pkce', { vi: 'PKCE', en: 'PKCE' }],
  ];
  const missing = reasons.flatMap(([isMissing, what]) => (isMissing ? [what] : []));
  if (missing.length === 0) return;
  const detail = {
    vi: `Mức an toàn cao cần: ${missing.map(({ vi }) => vi).join('; ')}.`,
    en: `The high security profile needs: ${missing.map(({ en }) => en).join('; ')}.`,
  };
  throw new InvalidInput('apps/not-safe-enough', detail, { fields: [{ pointer: '/securityProfile', detail }] });
}

/** Types of authorization details (RFC 9396 §2) by the scope that an app needs for them. */
export const detailTypes = {
  acting_for: ['acting_for'],
  /** Signatures with a person's key: of version 2.0 of the CSC API, and since 2.1 an address (§8.4.2). */
  credential: ['credential', 'https://cloudsignatureconsortium.org/2025/credential'],
} as const;
