/** Namespaces of XML signatures (W3C XMLDSIG core 1.1; ETSI EN 319 132-1 §4.2). */
export const dsig = 'http://www.w3.org/2000/09/xmldsig#';
export const xades132 = 'http://uri.etsi.org/01903/v1.3.2#';
export const xades141 = 'http://uri.etsi.org/01903/v1.4.1#';

/** Digests by their names in XML (RFC 9231 §2.1); SHA-1 and MD5 are not accepted. */
export const digestNames: Readonly<Record<string, 'sha256' | 'sha384' | 'sha512'>> = {
  'http://www.w3.org/2001/04/xmlenc#sha256': 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#sha384': 'sha384',
  'http://www.w3.org/2001/04/xmlenc#sha512': 'sha512',
};
export const sha256Name = 'http://www.w3.org/2001/04/xmlenc#sha256';
