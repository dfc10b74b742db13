import { createHash } from 'node:crypto';
import { attributeTypes, type Certificate, parseCertificate } from '@edutrust/certs/certificate';
import { childrenOf, readDer, readTime, tag } from '@edutrust/certs/der';
import { validatePath } from '@edutrust/certs/path';
import type { CmsSignature } from './cms.ts';
import type { ReasonCode } from './reasons.ts';
import type { SignerIdentity } from './report.ts';
import { digestOf } from './signature-value.ts';

export type FoundSigner =
  | { readonly ok: true; readonly certificate: Certificate }
  | { readonly ok: false; readonly code: ReasonCode; readonly detail: string };

/** The certificate that the signature names, and that its signing-certificate-v2 attribute is the hash of. */
export function findSigner(cms: CmsSignature, certificates: readonly Uint8Array[]): FoundSigner {
  for (const der of certificates) {
    const certificate = tryParse(der);
    if (!certificate?.issuer.der.equals(cms.signer.issuer) || !certificate.serial.equals(cms.signer.serial)) continue;
    if (!cms.certificateHash) return { ok: true, certificate };
    const hash = digestOf(cms.certificateHash.algorithm, certificate.der);
    if (hash?.equals(cms.certificateHash.hash)) return { ok: true, certificate };
    return { ok: false, code: 'signer-mismatch', detail: certificate.subject.toString() };
  }
  return { ok: false, code: 'signer-not-found', detail: `serial number ${cms.signer.serial.toString('hex')}` };
}

function tryParse(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch {
    // One unreadable certificate beside the others decides nothing.
    return undefined;
  }
}

export function identityOf(certificate: Certificate): SignerIdentity {
  const attributes = certificate.subject.attributes.flat();
  const attribute = (type: string) => attributes.findLast((entry) => entry.type === type)?.value ?? null;
  return {
    name: attribute(attributeTypes.commonName) ?? certificate.subject.toString(),
    organisation: attribute(attributeTypes.organisation),
    title: attribute(attributeTypes.title),
    serialNumber: attribute(attributeTypes.serialNumber),
    subject: certificate.subject.toString(),
    issuer: certificate.issuer.toString(),
    certificateSerial: certificate.serialHex,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    fingerprint: createHash('sha256').update(certificate.der).digest('hex'),
  };
}

export interface TrustQuestion {
  readonly certificate: Certificate;
  readonly untrusted: readonly Uint8Array[];
  readonly anchors: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly requireRevocation: boolean;
  /** Proven by a trusted time stamp, or `undefined`. */
  readonly proven: Date | undefined;
  /** When nothing proves an earlier time. */
  readonly at: Date;
}

/**
 * Was the certificate good when the signature was made? With a proven time expiry and revocation after it do no harm;
 * without one the question is about now (ETSI EN 319 102-1 §5.5, §5.6.2).
 */
export function checkTrust(
  question: TrustQuestion,
): { readonly code: ReasonCode; readonly detail: string } | undefined {
  const { certificate, untrusted, anchors, crls, proven, at } = question;
  const time = proven ?? at;
  const pathAt = (moment: Date, requireRevocation: boolean) =>
    validatePath({ leaf: certificate.der, untrusted, anchors, crls, at: moment, requireRevocation });
  const path = pathAt(time, false);
  if (path.verdict !== 'valid') {
    const { code, subject, sentence } = path.refused;
    return { code: reasonFor(code, proven !== undefined), detail: subject ? `${sentence}: ${subject}` : sentence };
  }
  // Lists that were made after the signature know of revocations that took effect before it.
  let isKnown = pathAt(time, true).verdict === 'valid';
  for (const moment of listTimes(crls)) {
    if (moment < time || moment > at) continue;
    isKnown ||= pathAt(moment, true).verdict === 'valid';
    const later = pathAt(moment, false);
    if (later.verdict === 'valid' || later.refused.code !== 'revoked') continue;
    const revokedAt = later.revokedAt ?? time;
    if (proven === undefined) return { code: 'revoked-no-proof', detail: revokedAt.toISOString() };
    if (revokedAt <= proven) return { code: 'certificate-revoked', detail: revokedAt.toISOString() };
  }
  if (question.requireRevocation && !isKnown)
    return { code: 'revocation-unknown', detail: certificate.subject.toString() };
  return undefined;
}

function reasonFor(refusal: string, isProven: boolean): ReasonCode {
  if (refusal === 'expired') return isProven ? 'certificate-expired' : 'out-of-bounds';
  if (refusal === 'not-yet-valid') return isProven ? 'certificate-not-yet-valid' : 'out-of-bounds';
  if (refusal === 'revoked') return isProven ? 'certificate-revoked' : 'revoked-no-proof';
  if (refusal === 'no-revocation-data') return 'revocation-unknown';
  return refusal === 'no-path' ? 'chain-not-found' : 'chain-refused';
}

const mostLists = 16;

/** When each list was made: the first time in it (RFC 5280 §5.1.2.4). */
function listTimes(crls: readonly Uint8Array[]): Date[] {
  return crls.slice(0, mostLists).flatMap((der) => {
    try {
      const [list] = childrenOf(readDer(der), tag.sequence);
      const time = childrenOf(list, tag.sequence).find(
        (node) => node.tag === tag.utcTime || node.tag === tag.generalizedTime,
      );
      return [readTime(time)];
    } catch {
      return [];
    }
  });
}
