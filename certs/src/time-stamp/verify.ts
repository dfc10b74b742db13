import { createHash } from 'node:crypto';
import { type Certificate, parseCertificate } from '../certificate/certificate.ts';
import { purposes } from '../certificate/profiles.ts';
import { signatureProblem } from '../certificate/signature.ts';
import {
  childrenOf,
  DerError,
  type DerNode,
  expectTag,
  readDer,
  readInteger,
  readOid,
  readSmallInteger,
  readTime,
  sequence,
  tag,
} from '../der/der.ts';
import { readExtendedKeyUsage } from '../path/extensions.ts';
import { validatePath } from '../path/path.ts';

export interface TimeStampTrust {
  /** DER of the roots of time-stamping authorities. */
  readonly anchors: readonly Uint8Array[];
  readonly untrusted?: readonly Uint8Array[];
  readonly crls?: readonly Uint8Array[];
  /** When the unit's certificate is judged; the stamp's own time when absent. */
  readonly at?: Date;
}

export type VerifiedTimeStamp =
  | {
      readonly isTrusted: true;
      readonly isIntact: true;
      readonly at: Date;
      readonly policy: string;
      readonly authority: string;
    }
  | {
      readonly isTrusted: false;
      /** Whether the token's own signature and the digest fit, whoever made it. */
      readonly isIntact: boolean;
      readonly at?: Date;
      readonly authority?: string;
      readonly reason: string;
    };

const digests: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** Judges a TimeStampToken (RFC 3161 §2.2, RFC 5816) over the digest of `data`. Never throws for what it is given. */
export function verifyTimeStampToken(der: Uint8Array, data: Uint8Array, trust: TimeStampTrust): VerifiedTimeStamp {
  try {
    return judge(der, data, trust);
  } catch (error) {
    return {
      isTrusted: false,
      isIntact: false,
      reason: error instanceof DerError ? `malformed: ${error.message}` : 'malformed',
    };
  }
}

function judge(der: Uint8Array, data: Uint8Array, trust: TimeStampTrust): VerifiedTimeStamp {
  const [contentType, content] = childrenOf(readDer(der), tag.sequence);
  if (readOid(contentType) !== '1.2.840.113549.1.7.2') throw new DerError('not signed data');
  const parts = childrenOf(childrenOf(content, 0xa0)[0], tag.sequence);
  const [cmsVersion, digestAlgorithms, encapsulated] = parts;
  // RFC 5652 §5.1: version 3 for this content type; the one signer's digest and no other. What is not signed is exact.
  if (readSmallInteger(cmsVersion) !== 3) throw new DerError('a version that signed time stamps do not have');
  const [infoType, infoWrapper] = childrenOf(encapsulated, tag.sequence);
  if (readOid(infoType) !== '1.2.840.113549.1.9.16.1.4') throw new DerError('not a time stamp');
  const info = expectTag(childrenOf(infoWrapper, 0xa0)[0], tag.octetString).contents;
  const certificates = (parts.find((part) => part.tag === 0xa0)?.children() ?? []).map((node) =>
    parseCertificate(node.bytes),
  );
  const signers = childrenOf(parts.at(-1), tag.set);
  const [signer] = signers;
  if (!signer || signers.length !== 1) throw new DerError('not exactly one signer');
  const [signerVersion, , signerDigest] = childrenOf(signer, tag.sequence);
  const [onlyDigest, ...otherDigests] = childrenOf(digestAlgorithms, tag.set);
  if (readSmallInteger(signerVersion) !== 1 || otherDigests.length > 0) throw new DerError('a malformed signer');
  if (
    !signerDigest ||
    readOid(childrenOf(onlyDigest, tag.sequence)[0]) !== readOid(childrenOf(signerDigest, tag.sequence)[0])
  )
    throw new DerError('two digest algorithms');

  const [version, policy, imprint, , generated] = childrenOf(readDer(info), tag.sequence);
  if (!version || !policy) throw new DerError('not a time stamp');
  const [imprintAlgorithm, imprintDigest] = childrenOf(imprint, tag.sequence);
  const hash = digests[readOid(childrenOf(imprintAlgorithm, tag.sequence)[0])];
  const at = readTime(generated);
  const refuse = (reason: string, isIntact = false): VerifiedTimeStamp => ({ isTrusted: false, isIntact, at, reason });
  if (!hash || !imprintDigest?.contents.equals(createHash(hash).update(data).digest()))
    return refuse('the stamp is over other bytes');

  const unit = findSigner(signer, certificates);
  if (!unit) return refuse('the unit’s certificate is not in the token');
  const problem = signerProblem(signer, unit, info);
  if (problem) return refuse(problem);

  const usage = readExtendedKeyUsage(unit);
  const isCritical = unit.extensions.get('2.5.29.37')?.critical === true;
  if (usage?.length !== 1 || usage[0] !== purposes.timeStamping || !isCritical)
    return refuse('the certificate is not one for time stamps alone', true);
  const verdict = validatePath({
    leaf: unit.der,
    untrusted: [...certificates.map((certificate) => certificate.der), ...(trust.untrusted ?? [])],
    anchors: trust.anchors,
    ...(trust.crls ? { crls: trust.crls } : {}),
    at: trust.at ?? at,
    extendedKeyUsage: purposes.timeStamping,
  });
  const authority = unit.subject.toString();
  if (verdict.verdict !== 'valid')
    return { isTrusted: false, isIntact: true, at, authority, reason: verdict.refused.sentence };
  return { isTrusted: true, isIntact: true, at, policy: readOid(policy), authority };
}

function findSigner(signer: DerNode, certificates: readonly Certificate[]): Certificate | undefined {
  const [, identifier] = childrenOf(signer, tag.sequence);
  const [issuer, serial] = childrenOf(identifier, tag.sequence);
  return certificates.find(
    (certificate) => issuer?.bytes.equals(certificate.issuer.der) && certificate.serial.equals(readInteger(serial)),
  );
}

/** CMS signature over the signed attributes (RFC 5652 §5.4), and the certificate that they name (RFC 5816). */
function signerProblem(signer: DerNode, unit: Certificate, info: Buffer): string | undefined {
  const [, , digestAlgorithm, attributes, signatureAlgorithm, signature] = childrenOf(signer, tag.sequence);
  const hash = digests[readOid(childrenOf(digestAlgorithm, tag.sequence)[0])];
  if (!hash || attributes?.tag !== 0xa0 || !signatureAlgorithm) return 'a signature without signed attributes';
  const values = new Map<string, DerNode>();
  for (const node of attributes.children()) {
    const [type, set] = childrenOf(node, tag.sequence);
    const [value, ...rest] = childrenOf(set, tag.set);
    const name = readOid(type);
    if (!value || rest.length > 0 || values.has(name)) return 'a repeated signed attribute';
    values.set(name, value);
  }
  const contentType = values.get('1.2.840.113549.1.9.3');
  if (!contentType || readOid(contentType) !== '1.2.840.113549.1.9.16.1.4') return 'another content type was signed';
  if (!values.get('1.2.840.113549.1.9.4')?.contents.equals(createHash(hash).update(info).digest()))
    return 'other contents were signed';
  const named = values.get('1.2.840.113549.1.9.16.2.47');
  if (!named || !namesCertificate(named, unit)) return 'the signed attributes name another certificate';
  const signed = Buffer.concat([Buffer.of(tag.set), attributes.bytes.subarray(1)]);
  return signatureProblem(
    withParameters(signatureAlgorithm),
    unit.publicKey(),
    signed,
    expectTag(signature, tag.octetString).contents,
  );
}

/** rsaEncryption in CMS means RSA with the digest that stands beside it; only SHA-256 is read so. */
function withParameters(algorithm: DerNode): Buffer {
  const [type, parameters] = childrenOf(algorithm, tag.sequence);
  if (readOid(type) !== '1.2.840.113549.1.1.1' || !parameters) return algorithm.bytes;
  return sequence(Buffer.from('06092a864886f70d01010b', 'hex'), parameters.bytes);
}

function namesCertificate(signingCertificateV2: DerNode, unit: Certificate): boolean {
  const [list] = childrenOf(signingCertificateV2, tag.sequence);
  const [first] = childrenOf(list, tag.sequence);
  const fields = childrenOf(first, tag.sequence);
  const algorithm =
    fields[0]?.tag === tag.sequence ? digests[readOid(childrenOf(fields.shift(), tag.sequence)[0])] : 'sha256';
  return (
    algorithm !== undefined && fields[0]?.contents.equals(createHash(algorithm).update(unit.der).digest()) === true
  );
}
