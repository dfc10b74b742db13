import type { Certificate } from '../certificate/certificate.ts';
import { extensionIds } from '../certificate/extensions.ts';
import { canonicalName, readName, readRelativeName } from '../certificate/names.ts';
import { childrenOf, DerError, type DerNode, expectTag, readBitString, readDer, tag } from '../der/der.ts';

/** A set of revocation reasons, a bit each as in ReasonFlags (RFC 5280 §4.2.1.13). */
export type Reasons = number;
/** keyCompromise to aACompromise: bits 1 to 8. */
export const allReasons: Reasons = 0x1fe;

/** Where the status of a certificate is said (§4.2.1.13). */
export interface DistributionPoint {
  /** In comparable form; empty when the point has no name. */
  readonly names: readonly string[];
  readonly reasons: Reasons;
  /** Canonical names of those who issue the list, when it is not the certificate's issuer. */
  readonly issuers: readonly string[] | undefined;
}

/** The points that the certificate names, and the one that §6.3.3 adds: the issuer's own list. @throws DerError */
export function readDistributionPoints(certificate: Certificate): DistributionPoint[] {
  const own: DistributionPoint = {
    names: [directoryKey(certificate.issuer.canonical)],
    reasons: allReasons,
    issuers: undefined,
  };
  const extension = certificate.extensions.get(extensionIds.crlDistributionPoints);
  if (!extension) return [own];
  const points = childrenOf(readDer(extension.value), tag.sequence).map((node) => readPoint(node, certificate));
  if (points.length === 0) throw new DerError('an empty list of distribution points');
  return [...points, own];
}

function readPoint(node: DerNode, certificate: Certificate): DistributionPoint {
  const parts = inOrder(childrenOf(node, tag.sequence), [0xa0, 0x81, 0xa2]);
  const issuers = parts.get(0xa2)?.children();
  const issuerNames = issuers?.map((name) => {
    if (name.tag !== 0xa4) throw new DerError('an issuer of lists without a directory name');
    return readName(name.children()[0]);
  });
  if (issuerNames?.length === 0) throw new DerError('an empty list of issuers');
  const name = parts.get(0xa0);
  const reasons = parts.get(0x81);
  if (!name && !issuerNames) throw new DerError('a distribution point that says nothing');
  return {
    names: name ? readPointName(name, issuerNames?.[0] ?? certificate.issuer.attributes) : [],
    reasons: reasons ? readReasons(reasons) : allReasons,
    issuers: issuerNames?.map(canonicalName),
  };
}

/** What a list covers (§5.2.5). */
export interface IssuingDistributionPoint {
  readonly names: readonly string[];
  readonly only: 'user' | 'authority' | 'attribute' | undefined;
  readonly reasons: Reasons;
  readonly isIndirect: boolean;
}

/** @throws DerError */
export function readIssuingDistributionPoint(
  value: Buffer,
  issuer: Certificate['subject']['attributes'],
): IssuingDistributionPoint {
  const parts = inOrder(childrenOf(readDer(value), tag.sequence), [0xa0, 0x81, 0x82, 0x83, 0x84, 0x85]);
  const isSet = (key: number) => {
    const node = parts.get(key);
    // DEFAULT FALSE: DER writes TRUE or nothing
    if (node && !node.contents.equals(Buffer.of(0xff))) throw new DerError('a boolean that DER does not write');
    return node !== undefined;
  };
  const only = (
    [
      [0x81, 'user'],
      [0x82, 'authority'],
      [0x85, 'attribute'],
    ] as const
  ).filter(([key]) => isSet(key));
  const name = parts.get(0xa0);
  const reasons = parts.get(0x83);
  if (only.length > 1 || parts.size === 0) throw new DerError('a malformed issuing distribution point');
  return {
    names: name ? readPointName(name, issuer) : [],
    only: only[0]?.[1],
    reasons: reasons ? readReasons(reasons) : allReasons,
    isIndirect: isSet(0x84),
  };
}

/** DistributionPointName: full names, or one relative to the issuer of the list. */
function readPointName(node: DerNode, issuer: Certificate['subject']['attributes']): string[] {
  const [choice, ...rest] = node.children();
  if (!choice || rest.length > 0) throw new DerError('a malformed name of a distribution point');
  if (choice.tag === 0xa1) return [directoryKey(canonicalName([...issuer, readRelativeName(choice)]))];
  const names = expectTag(choice, 0xa0).children();
  if (names.length === 0) throw new DerError('a distribution point without names');
  return names.map((name) =>
    name.tag === 0xa4 ? directoryKey(canonicalName(readName(name.children()[0]))) : name.bytes.toString('hex'),
  );
}

const directoryKey = (canonical: string) => `directory ${canonical}`;

function readReasons(node: DerNode): Reasons {
  const { bytes } = readBitString(node, node.tag);
  let reasons = 0;
  for (let bit = 1; bit <= 8; bit += 1) if ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) reasons |= 1 << bit;
  return reasons;
}

/** The parts of a sequence of tagged options, each at most once and in this order. */
function inOrder(nodes: readonly DerNode[], tags: readonly number[]): Map<number, DerNode> {
  const parts = new Map<number, DerNode>();
  let last = -1;
  for (const node of nodes) {
    const place = tags.indexOf(node.tag);
    if (place <= last) throw new DerError('an unknown, repeated or misplaced part');
    last = place;
    parts.set(node.tag, node);
  }
  return parts;
}
