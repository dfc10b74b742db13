import type { SignatureFormat } from '../format.ts';
import { signingCertificate } from '../signing-certificate.ts';
import { xadesLongTerm } from './long-term.ts';
import { canonicalXml, completeXades, countXmlSignatures, prepareEnveloped, stampedValue } from './sign.ts';
import { validateXades } from './validate.ts';

/** XML with enveloped signatures (ETSI EN 319 132-1); judged also around and beside what it signs. */
export const xades: SignatureFormat = {
  name: 'XAdES',
  mediaType: 'application/xml',
  extension: 'xml',
  // A page of the web is none: it begins with its document type, or with `html`.
  recognises: (file) => /^\uFEFF?\s*<(?:!--|\?|(?!html\b)[A-Za-z_])/u.test(headOf(file)),
  enclose: canonicalXml,
  countSignatures: countXmlSignatures,
  prepare: (file, { at, signatory: { certificate } }) => prepareEnveloped(file, { at, certificate }),
  stamped: (signature, certificate) => stampedValue(signature, signingCertificate(certificate).algorithm()),
  complete: completeXades,
  longTerm: xadesLongTerm,
  validate: validateXades,
};

const headOf = (file: Uint8Array) => Buffer.from(file.subarray(0, 200)).toString('utf8');
