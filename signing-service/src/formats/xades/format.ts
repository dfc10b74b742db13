import type { SignatureFormat } from '../format.ts';
import { signingCertificate } from '../signing-certificate.ts';
import { judgedXades } from './judged.ts';
import { xadesLongTerm } from './long-term.ts';
import { canonicalXml, completeXades, countXmlSignatures, prepareEnveloped, stampedValue } from './sign.ts';

/** XML with enveloped signatures (ETSI EN 319 132-1); judged also around and beside what it signs. */
export const xades: SignatureFormat = {
  ...judgedXades,
  name: 'XAdES',
  mediaType: 'application/xml',
  extension: 'xml',
  enclose: canonicalXml,
  countSignatures: countXmlSignatures,
  prepare: (file, { at, signatory: { certificate } }) => prepareEnveloped(file, { at, certificate }),
  stamped: (signature, certificate) => stampedValue(signature, signingCertificate(certificate).algorithm()),
  complete: completeXades,
  longTerm: xadesLongTerm,
};
