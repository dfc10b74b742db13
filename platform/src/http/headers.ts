/** S4: nothing inline, nothing foreign, no framing, no markup or script made of text. `form-action` leaves out nothing: sign-in ends at relying apps. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "media-src 'self' blob:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types edutrust', // admin-console/src/design/trusted.ts: addresses of our own scripts
].join('; ');

/** The headers that every answer carries (ASVS V3.4). */
export function securityHeaders(url: URL): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(self), microphone=(), geolocation=(), publickey-credentials-get=(self)',
  };
  if (url.protocol === 'https:') headers['strict-transport-security'] = 'max-age=63072000; includeSubDomains';
  return headers;
}
