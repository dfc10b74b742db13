import { algorithmIds } from '../certificate/algorithms.ts';
import { childrenOf, expectTag, octetString, oid, readDer, readOid, sequence, tag } from '../der/der.ts';
import { digestOf } from './algorithms.ts';
import { extendSignedData } from './extend.ts';
import { cmsOids } from './oid.ts';
import type { EncodedParts } from './read.ts';
import { attribute } from './write.ts';

/**
 * ATSHashIndexV3 over everything that is in a signature now (ETSI EN 319 122-1 §5.5.2), DER, with SHA-256: an archive time
 * stamp covers what its index names.
 */
export function buildHashIndex({ certificates, revocation, unsigned }: EncodedParts): Buffer {
  const hashes = (values: readonly Buffer[]) =>
    sequence(...values.map((value) => octetString(digestOf(algorithmIds.sha256, value) ?? Buffer.alloc(0))));
  return sequence(sequence(oid(algorithmIds.sha256)), hashes(certificates), hashes(revocation), hashes(unsigned));
}

/**
 * What an archive time stamp is over, in parts (ETSI EN 319 122-1 §5.5.3): the content's type, its digest by the stamp's own
 * algorithm, the signer's fields, the index.
 */
export function archiveImprint(
  { contentType, signer }: EncodedParts,
  contentDigest: Uint8Array,
  hashIndex: Uint8Array,
): readonly Uint8Array[] {
  return [contentType, contentDigest, signer, hashIndex];
}

/** What an archive time stamp covers. */
export interface ArchiveCover {
  /** Whether everything that the index names is there: without it the stamp is not of this file (§5.5.2). */
  readonly isWhole: boolean;
  /** Whether every certificate and all revocation data of now are covered. */
  readonly coversMaterial: boolean;
}

/** Compares an index with a signature; `undefined` for one by a digest that is not accepted. @throws DerError */
export function archiveCover(hashIndex: Buffer, parts: EncodedParts): ArchiveCover | undefined {
  const [algorithm, ...lists] = childrenOf(readDer(hashIndex), tag.sequence);
  const digest = readOid(childrenOf(algorithm, tag.sequence)[0]);
  if (!digestOf(digest, [])) return undefined;
  const found = [parts.certificates, parts.revocation, parts.unsigned].map(
    (values) => new Set(values.map((value) => digestOf(digest, value)?.toString('hex') ?? '')),
  );
  const named = lists.map(
    (list) =>
      new Set(childrenOf(list, tag.sequence).map((hash) => expectTag(hash, tag.octetString).contents.toString('hex'))),
  );
  const isWhole = named.length === 3 && named.every((list, index) => isSubset(list, found[index]));
  const coversMaterial = [0, 1].every((index) => isSubset(found[index], named[index]));
  return { isWhole, coversMaterial };
}

function isSubset(some: ReadonlySet<string> = new Set(), all: ReadonlySet<string> = new Set()): boolean {
  return [...some].every((hash) => all.has(hash));
}

/** A token that carries its index, as the archive time stamp of a signature must (§5.5.3). @throws DerError */
export function withHashIndex(token: Buffer, hashIndex: Buffer): Buffer {
  return extendSignedData(token, { unsignedAttributes: [attribute(cmsOids.atsHashIndexV3, hashIndex)] });
}
