import { createHash } from 'node:crypto';
import { algorithmIds } from '../certificate/algorithms.ts';
import { type Certificate, parseCertificate } from '../certificate/certificate.ts';
import { extensionIds } from '../certificate/extensions.ts';
import { childrenOf, expectTag, readDer, readOid, tag } from '../der/der.ts';
import { checkSignatureValue, digestOf } from './algorithms.ts';
import { cmsOids } from './oid.ts';
import type { CmsSignedData, SignerIdentifier } from './read.ts';

/** The certificate that a signature names, or why there is none. */
export type FoundSigner =
  | { readonly ok: true; readonly certificate: Certificate }
  | { readonly ok: false; readonly code: 'signer-not-found' | 'signer-mismatch'; readonly detail: string };

/**
 * The certificate that the SignerInfo names, and that its signing-certificate attribute is the hash of. Without that
 * attribute nothing binds the certificate; whether that is allowed is for the caller to say.
 */
export function findSigner(
  cms: Pick<CmsSignedData, 'signer' | 'certificateBinding'>,
  certificates: readonly Uint8Array[],
): FoundSigner {
  let mismatch: FoundSigner | undefined;
  for (const der of certificates) {
    const certificate = tryParse(der);
    if (!certificate || !isNamed(certificate, cms.signer)) continue;
    if (isBound(certificate, cms.certificateBinding)) return { ok: true, certificate };
    mismatch ??= { ok: false, code: 'signer-mismatch', detail: certificate.subject.toString() };
  }
  return mismatch ?? { ok: false, code: 'signer-not-found', detail: nameOf(cms.signer) };
}

function nameOf(signer: SignerIdentifier): string {
  return signer.kind === 'key-identifier'
    ? `key identifier ${signer.keyIdentifier.toString('hex')}`
    : `serial number ${signer.serial.toString('hex')}`;
}

function tryParse(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch {
    // One unreadable certificate beside the others decides nothing.
    return undefined;
  }
}

function isNamed(certificate: Certificate, signer: SignerIdentifier): boolean {
  if (signer.kind === 'issuer-and-serial')
    return certificate.issuer.canonical === signer.issuer && certificate.serial.equals(signer.serial);
  const extension = certificate.extensions.get(extensionIds.subjectKeyIdentifier);
  return extension !== undefined && octets(extension.value)?.equals(signer.keyIdentifier) === true;
}

function octets(value: Buffer): Buffer | undefined {
  try {
    return expectTag(readDer(value), tag.octetString).contents;
  } catch {
    return undefined;
  }
}

function isBound(certificate: Certificate, binding: CmsSignedData['certificateBinding']): boolean {
  if (!binding) return true;
  const { algorithm, hash, issuerSerial } = binding;
  // SHA-1 here names one certificate among those that came along (RFC 2634 §5.4); it protects no content.
  const digest =
    algorithm === algorithmIds.sha1
      ? createHash('sha1').update(certificate.der).digest()
      : digestOf(algorithm, certificate.der);
  const isSame =
    !issuerSerial ||
    (certificate.issuer.canonical === issuerSerial.issuer && certificate.serial.equals(issuerSerial.serial));
  return isSame && digest?.equals(hash) === true;
}

/** Whether the contents are those that were signed; `refused`: by a digest that is not accepted, so nobody can tell. */
export function checkContent(cms: CmsSignedData, content: Iterable<Uint8Array>): 'same' | 'changed' | 'refused' {
  const digest = digestOf(cms.digestAlgorithm, content);
  if (!digest) return 'refused';
  // Without signed attributes the signature value itself is over the contents (RFC 5652 §5.4).
  return cms.messageDigest === undefined || digest.equals(cms.messageDigest) ? 'same' : 'changed';
}

/**
 * Whether contents are what a signature with attributes is over: its attributes taken away, they would pass for a document that the
 * signer signed (RFC 5652 §5.4 hashes both alike).
 */
function isSignedAttributes(data: Buffer): boolean {
  if (data[0] !== tag.set) return false;
  try {
    const types = childrenOf(readDer(data), tag.set).map((node) => readOid(childrenOf(node, tag.sequence)[0]));
    return types.includes(cmsOids.contentType) && types.includes(cmsOids.messageDigest);
  } catch {
    return false;
  }
}

/** Whether the signature value is this certificate's key over the signed attributes, or over the contents without them, which are then held. */
export function checkValue(
  cms: CmsSignedData,
  certificate: Certificate,
  content: Iterable<Uint8Array>,
  at: Date,
): 'good' | 'wrong' | 'refused' {
  try {
    const data = cms.signedAttributes ?? Buffer.concat([...content]);
    if (!cms.signedAttributes && isSignedAttributes(data)) return 'wrong';
    return checkSignatureValue(cms, certificate.publicKey(), data, at);
  } catch {
    // A key or a signature that node:crypto cannot read.
    return 'refused';
  }
}
