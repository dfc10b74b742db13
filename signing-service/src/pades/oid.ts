/** Object identifiers of CMS and CAdES (RFC 5652, RFC 5035, RFC 3161, RFC 5480, RFC 8017). */
export const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  signatureTimeStamp: '1.2.840.113549.1.9.16.2.14',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  ecdsaWithSha512: '1.2.840.10045.4.3.4',
  rsaEncryption: '1.2.840.113549.1.1.1',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  sha384WithRsa: '1.2.840.113549.1.1.12',
  sha512WithRsa: '1.2.840.113549.1.1.13',
} as const;

/**
 * Ours: a C2SP tlog-proof as an OCTET STRING. 2.25.226345984307558588317507759184385305683, under the arc that needs
 * no registration (ITU-T X.667); as DER, since its last component is larger than a number.
 */
export const inclusionProofOid = Buffer.from('06146982d4c8d3a8a5f1e2b5ff9c8f96e7a7e8b9d853', 'hex');
