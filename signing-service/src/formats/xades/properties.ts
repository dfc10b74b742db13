import { createHash } from 'node:crypto';
import { type Certificate, parseCertificate } from '@edutrust/certs/certificate';
import { DerError } from '@edutrust/certs/der';
import type { Material } from '../../validation/surroundings.ts';
import { digestNames, dsig, xades132, xades141 } from '../xml/names.ts';
import { attributeOf, bytesOf, childNamed, childrenNamed, descendants, textOf, type XmlElement } from '../xml/read.ts';
import { proofNamespace } from './names.ts';
import type { SignatureStructure } from './structure.ts';

/** The claimed time of signing; null when there is none, or none with a zone (ETSI EN 319 132-1 §5.2.1). */
export function signingTime({ qualifying }: SignatureStructure): Date | null {
  const list = qualifying && signatureProperties(qualifying.signed);
  const found = list && childNamed(list, xades132, 'SigningTime');
  const text = found ? textOf(found)?.trim() : undefined;
  if (!text || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/u.test(text)) return null;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at;
}

const signatureProperties = (signed: XmlElement) => childNamed(signed, xades132, 'SignedSignatureProperties');

/** The digest that binds the signer's certificate (§5.2.2), of version 1 or 2; the signer's own stands first. */
export function certificateDigest({
  qualifying,
}: SignatureStructure): { readonly hash: string; readonly digest: Buffer } | undefined {
  const list = qualifying && signatureProperties(qualifying.signed);
  const holder =
    list && (childNamed(list, xades132, 'SigningCertificateV2') ?? childNamed(list, xades132, 'SigningCertificate'));
  const first = holder && childrenNamed(holder, xades132, 'Cert')[0];
  const pair = first && childNamed(first, xades132, 'CertDigest');
  const method = pair && childNamed(pair, dsig, 'DigestMethod');
  const value = pair && childNamed(pair, dsig, 'DigestValue');
  const digest = value && bytesOf(value);
  const name = method && attributeOf(method, 'Algorithm');
  // SHA-1 here names one certificate among those that came along; it protects no content.
  const hash = name === 'http://www.w3.org/2000/09/xmldsig#sha1' ? 'sha1' : digestNames[name ?? ''];
  return hash && digest ? { hash, digest } : undefined;
}

/** The certificates of the key information, DER. */
export function keyCertificates({ keyInfo }: SignatureStructure): Buffer[] {
  const data = keyInfo ? childrenNamed(keyInfo, dsig, 'X509Data') : [];
  return data.flatMap((one) => childrenNamed(one, dsig, 'X509Certificate').flatMap((holder) => bytesOf(holder) ?? []));
}

/** The signer's certificate: the one that is bound, or, where nothing binds one, the first of the key information. */
export function findXmlSigner(
  structure: SignatureStructure,
  untrusted: readonly Uint8Array[],
): Certificate | 'signer-not-found' | 'signer-mismatch' {
  const own = keyCertificates(structure);
  const binding = certificateDigest(structure);
  if (!binding) return structure.qualifying ? 'signer-mismatch' : (tryParse(own[0]) ?? 'signer-not-found');
  const named = [...own, ...untrusted].find((der) =>
    createHash(binding.hash).update(der).digest().equals(binding.digest),
  );
  return tryParse(named) ?? (own.length > 0 ? 'signer-mismatch' : 'signer-not-found');
}

function tryParse(der: Uint8Array | undefined): Certificate | undefined {
  try {
    return der && parseCertificate(der);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

const mostMaterial = 200;

/** Certificates and revocation data that came along (ETSI EN 319 132-1 §5.4). */
export function materialOf(structure: SignatureStructure): Material {
  const unsigned = structure.qualifying?.unsigned ?? [];
  const holders = unsigned.filter(isMaterial).flatMap((holder) => [...descendants(holder)]);
  const values = (local: string) =>
    holders
      .filter((element) => element.namespace === xades132 && element.local === local)
      .slice(0, mostMaterial)
      .flatMap((element) => bytesOf(element) ?? []);
  return {
    untrusted: [...keyCertificates(structure), ...values('EncapsulatedX509Certificate')],
    crls: values('EncapsulatedCRLValue'),
    ocsp: values('EncapsulatedOCSPValue'),
  };
}

export function isMaterial({ namespace, local }: XmlElement): boolean {
  return (
    (namespace === xades132 && (local === 'CertificateValues' || local === 'RevocationValues')) ||
    (namespace === xades141 && local === 'TimeStampValidationData')
  );
}

/** The proof of inclusion of ours, as C2SP writes it. */
export function inclusionProofOf({ qualifying }: SignatureStructure): Buffer | undefined {
  const found = qualifying?.unsigned.find(
    ({ namespace, local }) => namespace === proofNamespace && local === 'InclusionProof',
  );
  return found && bytesOf(found);
}
