import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '@edutrust/platform/clock';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';

const proved = new WeakMap<IncomingMessage, X509Certificate>();

/** Remembers what the caller of a request proved at the TLS connection; its header is gone afterwards. */
export function keepCertificate(request: IncomingMessage, certificate: X509Certificate | undefined): void {
  if (certificate) proved.set(request, certificate);
}

/** RFC 5280 §4.1.2.5. */
export const isValidAt = ({ validFromDate, validToDate }: X509Certificate, now: Date): boolean =>
  validFromDate <= now && now <= validToDate;

/** The certificate of the request while it is valid. */
export function certificateOf({ req }: KoaContextWithOIDC, clock: Clock): X509Certificate | undefined {
  const certificate = proved.get(req);
  return certificate && isValidAt(certificate, clock.now()) ? certificate : undefined;
}

type Features = NonNullable<Configuration['features']>;

/** Apps that prove themselves by their own certificates, to which their tokens are bound (RFC 8705 §2.2, §3). */
export const mutualTls = (mtlsUrl: URL | undefined, clock: Clock): NonNullable<Features['mTLS']> => ({
  enabled: mtlsUrl !== undefined,
  selfSignedTlsClientAuth: true,
  tlsClientAuth: false,
  certificateBoundAccessTokens: true,
  getCertificate: (ctx) => certificateOf(ctx, clock) as unknown as string, // the library takes it, its type does not say so
});

/** Where apps with a certificate send what they send to us themselves (RFC 8705 §5). */
export function mutualTlsAddresses(mtlsUrl: URL | undefined, routes: Readonly<Record<string, string>>) {
  if (!mtlsUrl) return {};
  const aliases = Object.entries(routes).map(([name, path]) => [`${name}_endpoint`, `${mtlsUrl.origin}${path}`]);
  return { mtls_endpoint_aliases: Object.fromEntries(aliases) };
}
