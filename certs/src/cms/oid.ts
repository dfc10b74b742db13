/** Object identifiers of CMS, CAdES and time stamps (RFC 5652, RFC 5035, RFC 3161, RFC 5940); algorithms are in `certificate/algorithms.ts`. */
export const cmsOids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  /** SHA-1 of the certificate (RFC 2634 §5.4), as RFC 3161 §2.4.2 first asked for. */
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  counterSignature: '1.2.840.113549.1.9.6',
  signatureTimeStamp: '1.2.840.113549.1.9.16.2.14',
  /** An OCSP response among the revocation data (RFC 5940 §2.2). */
  ocspResponse: '1.3.6.1.5.5.7.16.2',
  /** A BasicOCSPResponse among the revocation data, as others write it (ETSI TS 101 733). */
  basicOcspResponse: '1.3.6.1.5.5.7.48.1.1',
  /** Over a signature and everything that proves it (ETSI EN 319 122-1 §5.5.3). */
  archiveTimeStampV3: '0.4.0.1733.2.4',
  /** What an archive time stamp covers, in the token itself (ETSI EN 319 122-1 §5.5.2). */
  atsHashIndexV3: '0.4.0.19122.1.5',
  /** Revocation data as a signed attribute, before the document security store (ISO 32000-1 §12.8.3.3.2). */
  adobeRevocationInfo: '1.2.840.113583.1.1.8',
  /**
   * Ours: a C2SP tlog-proof as an OCTET STRING, an unsigned attribute. Under the arc that needs no registration (ITU-T X.667).
   */
  inclusionProof: '2.25.226345984307558588317507759184385305683',
} as const;
