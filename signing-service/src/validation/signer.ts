import { createHash } from 'node:crypto';
import { attributeTypes, type Certificate } from '@edutrust/certs/certificate';
import { documentSignerFault, type PastVerdict, type Refused, validateInPast } from '@edutrust/certs/path';
import type { ReasonCode } from './reasons.ts';
import type { ChainLink, SignerIdentity } from './report.ts';

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

/** What a certificate is judged with, DER. */
export interface TrustMaterial {
  readonly anchors: readonly Uint8Array[];
  readonly untrusted: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly ocsp: readonly Uint8Array[];
}

export interface TrustQuestion extends TrustMaterial {
  readonly certificate: Certificate;
  readonly requireRevocation: boolean;
  /** Proven by a trusted time stamp, or `undefined`. */
  readonly proven: Date | undefined;
  /** The signer's own word. */
  readonly claimed: Date | undefined;
  /** When nothing proves an earlier time. */
  readonly at: Date;
}

/** The answer of {@link checkTrust}: why not, if not, and over which certificates trust was reached. */
export interface Trust {
  readonly distrust?: Distrust;
  /** From the signer up to and with the anchor; empty when no path was good. */
  readonly chain: readonly ChainLink[];
}

/** Why a certificate was not good when the signature was made, or that cannot be known. */
export interface Distrust {
  readonly code: ReasonCode;
  readonly detail: string;
}

/**
 * Was the certificate good, and for documents, when the signature was made? With a proven time expiry and revocation after
 * it do no harm; without one the question is about now (ETSI EN 319 102-1 §5.2.6, §5.5, §5.6.2).
 */
export function checkTrust(question: TrustQuestion): Trust {
  const fault = tryFault(question.certificate);
  if (fault) return { distrust: { code: 'certificate-not-for-documents', detail: fault }, chain: [] };
  const past = pastOf(question);
  const distrust = distrustOf(question, past);
  const chain = past.status === 'good' ? past.chain.map(linkOf) : [];
  return distrust ? { distrust, chain } : { chain };
}

function linkOf(certificate: Certificate): ChainLink {
  const { name, notAfter, fingerprint } = identityOf(certificate);
  return { name, notAfter, fingerprint };
}

function distrustOf(
  { certificate, proven, claimed, at, requireRevocation }: TrustQuestion,
  past: PastVerdict,
): Distrust | undefined {
  if (past.status === 'refused')
    return { code: reasonFor(past.refused.code, proven !== undefined), detail: text(past.refused) };
  if (past.status === 'revoked') {
    const detail = past.at.toISOString();
    if (proven) return past.at <= proven ? { code: 'certificate-revoked', detail } : undefined;
    // By the signer's own word it was signed after the revocation: no proof could say anything better.
    return claimed && claimed >= past.at && claimed <= at
      ? { code: 'certificate-revoked', detail }
      : { code: 'revoked-no-proof', detail };
  }
  if (requireRevocation && !past.isRevocationKnown)
    return { code: 'revocation-unknown', detail: certificate.subject.toString() };
  return undefined;
}

/** Whether this material alone tells the status of every certificate of the chain at that time: what makes a file B-LT. */
export function isStatusKnown(question: Pick<TrustQuestion, 'certificate' | 'proven' | 'at'> & TrustMaterial): boolean {
  const past = pastOf(question);
  return past.status === 'revoked' || (past.status === 'good' && past.isRevocationKnown);
}

function pastOf({
  certificate,
  proven,
  at,
  ...material
}: Pick<TrustQuestion, 'certificate' | 'proven' | 'at'> & TrustMaterial) {
  const { anchors, untrusted, crls, ocsp } = material;
  return validateInPast({
    leaf: certificate.der,
    anchors,
    untrusted,
    crls,
    ocsp,
    moment: proven ?? at,
    now: at,
    keyIdentifiers: 'optional', // ADR 0056
  });
}

function tryFault(certificate: Certificate): string | undefined {
  try {
    return documentSignerFault(certificate);
  } catch {
    return 'extensions that cannot be read';
  }
}

const text = ({ subject, sentence }: Refused) => (subject ? `${sentence}: ${subject}` : sentence);

function reasonFor(refusal: Refused['code'], isProven: boolean): ReasonCode {
  if (refusal === 'expired') return isProven ? 'certificate-expired' : 'out-of-bounds';
  if (refusal === 'not-yet-valid') return isProven ? 'certificate-not-yet-valid' : 'out-of-bounds';
  return refusal === 'no-path' ? 'chain-not-found' : 'chain-refused';
}
