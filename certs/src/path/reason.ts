/** Why a path is refused: a stable code, a sentence, and the section of RFC 5280 (or the one named) that asks for it. */
export const refusals = {
  malformed: ['the certificate cannot be parsed', '§4.1'],
  'bad-signature': ['the signature does not fit the issuer’s key', '§6.1.3 (a)(1)'],
  'not-yet-valid': ['the certificate is not valid yet', '§6.1.3 (a)(2)'],
  expired: ['the certificate has expired', '§6.1.3 (a)(2)'],
  revoked: ['the certificate was revoked', '§6.1.3 (a)(3)'],
  'name-chaining': ['the issuer’s name is not the subject of the certificate above', '§6.1.3 (a)(4)'],
  'name-constraints': ['a name lies outside what an authority may certify', '§6.1.3 (b), (c)'],
  'not-version-3': ['an authority’s certificate is not version 3', '§6.1.4 (k)'],
  'not-an-authority': ['basic constraints do not make the issuer an authority', '§6.1.4 (k)'],
  'path-length': ['there are more authorities below than an authority allows', '§6.1.4 (l), (m)'],
  'key-usage': ['the key usage does not allow signing certificates', '§6.1.4 (n)'],
  'unknown-critical-extension': ['a critical extension is not understood', '§6.1.4 (o), §6.1.5 (f)'],
  'leaf-key-usage': ['the key usage does not allow this use', '§4.2.1.3'],
  'extended-key-usage': ['the extended key usage does not allow this use', '§4.2.1.12'],
  'name-mismatch': ['the certificate is for another name', 'RFC 9525 §6'],
  'no-path': ['no chain of certificates leads to a trust anchor', '§6.1'],
  'too-long': ['the chain is longer than allowed', '§6.1.4 (l)'],
  'work-budget': ['the certificates ask for more work than a validation may do', 'own limit'],
  'no-revocation-data': ['there is no usable revocation data', '§6.3'],
  'bad-request': ['the request cannot be read', 'own format'],
} as const satisfies Record<string, readonly [string, string]>;

export type RefusalCode = keyof typeof refusals;
