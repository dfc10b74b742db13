import { createHash, randomBytes } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Upstreams } from './providers.ts';

/** From leaving for the other house to coming back. */
const awaySeconds = 600;

/** Why somebody goes to another house: to sign in here, or to link what they have there to who they are here. */
export type Purpose =
  | { readonly kind: 'sign-in'; readonly uid: string }
  | { readonly kind: 'link'; readonly personId: string; readonly sessionId: string };

interface Away {
  readonly provider: string;
  readonly nonce: string;
  readonly verifier: string;
  /** SHA-256 of the cookie of the browser that left: another one does not come back for it. */
  readonly browser: string;
  readonly purpose: Purpose;
}

/** Who came back: `sub` is unique at its issuer and nowhere else (OpenID Connect Core §5.7). */
export interface Arrived {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly purpose: Purpose;
}

type Tools = Pick<ServiceContext, 'config' | 'store'> & { readonly upstreams: Upstreams };

const random = () => randomBytes(32).toString('base64url');
const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url');
const keyOf = (state: string) => `idp:upstream:${hashOf(state)}`;

/** Its own for each provider, so that an answer of one cannot be taken for one of another (RFC 9700 §4.4.2.2). */
export const callbackOf = ({ config }: Pick<ServiceContext, 'config'>, provider: string) =>
  new URL(`/upstream/${provider}/callback`, config.url);

/** Where the browser goes, and the cookie that it brings back: state, nonce and PKCE are of this one way alone. */
export async function leave(
  { upstreams, ...context }: Tools,
  provider: string,
  purpose: Purpose,
): Promise<{ readonly location: string; readonly cookie: string }> {
  const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await import('openid-client');
  const configuration = await upstreams.configuration(provider);
  const [state, nonce, verifier, cookie] = [random(), random(), random(), random()];
  const away: Away = { provider, nonce, verifier, browser: hashOf(cookie), purpose };
  await context.store.put(keyOf(state), away, awaySeconds);
  const location = buildAuthorizationUrl(configuration, {
    redirect_uri: callbackOf(context, provider).href,
    scope: upstreams.provider(provider).scope ?? 'openid',
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  return { location: location.href, cookie };
}

/**
 * Takes the answer of the other house, once: state, the browser that left, the provider that was asked, its issuer (RFC
 * 9207), nonce, signature, audience and times of the ID token, and the code by its verifier.
 *
 * @throws InvalidInput `upstream/refused` for anything else; Unavailable `upstream/not-reachable`
 */
export async function arrive(
  { upstreams, ...context }: Tools,
  provider: string,
  query: URLSearchParams,
  cookie: string | undefined,
): Promise<Arrived> {
  const state = query.get('state') ?? '';
  const away = await context.store.take<Away>(keyOf(state));
  if (!away || away.provider !== provider || cookie === undefined || away.browser !== hashOf(cookie)) throw refused();
  const configuration = await upstreams.configuration(provider);
  const { authorizationCodeGrant } = await import('openid-client');
  const address = callbackOf(context, provider);
  address.search = query.toString();
  const tokens = await authorizationCodeGrant(configuration, address, {
    expectedState: state,
    expectedNonce: away.nonce,
    pkceCodeVerifier: away.verifier,
    idTokenExpected: true,
  }).catch((cause: unknown) => {
    throw refused(cause);
  });
  const claims = tokens.claims();
  if (!claims) throw refused();
  return { issuer: claims.iss, subject: claims.sub, claims, purpose: away.purpose };
}

function refused(cause?: unknown): InvalidInput {
  return new InvalidInput(
    'upstream/refused',
    {
      vi: 'Câu trả lời của nơi đăng nhập kia không dùng được.',
      en: 'The answer of the other house cannot be used.',
    },
    { remedy: { vi: 'Bắt đầu lại từ trang đăng nhập.', en: 'Begin again from the sign-in page.' }, cause },
  );
}
