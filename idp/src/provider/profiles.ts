import Provider, { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { SecurityProfile } from '../apps/protocol.ts';
import { cibaRoute } from '../ciba/feature.ts';
import { librarySeconds } from './library-time.ts';

type Features = NonNullable<Configuration['features']>;

interface Profiled {
  readonly security_profile?: SecurityProfile;
}

/** Whether the app is held to FAPI 2.0 (`apps/protocol.ts`). */
export const isFapi = (client: object | undefined): boolean =>
  ((client as Profiled | undefined)?.security_profile ?? 'standard') !== 'standard';

/** Of what apps may sign with, RS256 is not for those of the FAPI profiles (FAPI 2.0 Security Profile §5.4.1). */
export const isSignedForProfile = ({ alg }: Readonly<Record<string, unknown>>, client: object | undefined): boolean =>
  alg !== 'RS256' || !isFapi(client);

/** A request object is for now (FAPI 2.0 Message Signing §5.3.1): it begins at most this long ago and ends within it. */
const longestRequestSeconds = 3600;

/** @throws InvalidRequestObject for one without bounds: it could be used again by whoever saw it, for good. */
async function mustBeBounded(
  ctx: KoaContextWithOIDC,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>>,
) {
  if (!isSignedForProfile(header, ctx.oidc.client))
    throw new errors.InvalidRequestObject('RS256 is not of the FAPI profiles');
  const { exp, nbf, iat, jti } = claims;
  if (typeof exp !== 'number' || typeof nbf !== 'number')
    throw new errors.InvalidRequestObject('exp and nbf are required');
  if (exp <= nbf || exp - nbf > longestRequestSeconds || nbf < librarySeconds() - longestRequestSeconds)
    throw new errors.InvalidRequestObject('exp must follow nbf within an hour, and nbf be of the last hour');
  const isNamed = typeof iat === 'number' && typeof jti === 'string' && jti !== '';
  if (ctx.oidc.route === cibaRoute && !isNamed) throw new errors.InvalidRequestObject('iat and jti are required'); // OpenID CIBA §7.1.1
}

/**
 * What FAPI 2.0 needs of the library (Security Profile and Message Signing). Apps of the standard profile may use it too;
 * those of a FAPI profile have to, as their metadata say (`apps/directory.ts`).
 */
export const profileFeatures = (
  nonceSecret: Buffer,
): Pick<Features, 'dPoP' | 'fapi' | 'requestObjects' | 'jwtResponseModes' | 'jwtUserinfo' | 'jwtIntrospection'> => ({
  fapi: { enabled: true, profile: (_ctx, client) => (isFapi(client) ? '2.0' : undefined) },
  dPoP: {
    enabled: true,
    nonceSecret,
    // a proof that was made in advance is worth nothing (RFC 9449 §11.2)
    requireNonce: ({ oidc }) => isFapi(oidc.client),
    allowReplay: false,
  },
  // by value and signed by a key of the app; unsigned ones and those of a secret are no algorithm of ours (RFC 9101 §10.1)
  requestObjects: { enabled: true, requireSignedRequestObject: false, assertJwtClaimsAndHeader: mustBeBounded },
  jwtResponseModes: { enabled: true },
  jwtUserinfo: { enabled: true },
  jwtIntrospection: { enabled: true },
});

/**
 * Userinfo as a JWT (OpenID Connect Core §5.3.2) for who asks for it by `Accept: application/jwt`, as introspection is
 * (RFC 9701 §4): one thing less to be registered.
 */
export function signedUserinfoOnRequest(provider: Provider): void {
  Object.defineProperty(provider.Client.prototype, 'userinfoSignedResponseAlg', {
    get(this: { readonly idTokenSignedResponseAlg: string }) {
      const { ctx } = Provider;
      const isAsked = ctx?.oidc?.route === 'userinfo' && ctx.accepts('json', 'application/jwt') === 'application/jwt';
      return isAsked ? this.idTokenSignedResponseAlg : undefined;
    },
  });
}
