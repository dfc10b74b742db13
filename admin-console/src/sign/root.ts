import { hexOf, sha256 } from './keys.ts';
import type { Artefact } from './prepared.ts';

/** A file of a session as a leaf of its list. */
interface ListedFile {
  readonly requestId: string;
  readonly artefact: Artefact;
  readonly digestHex: string;
}

/**
 * The root of the Merkle tree over the files in their order (RFC 9162 §2.1.1), hexadecimal: what a list names in place of a
 * thousand documents. A hash without a neighbour goes up as it is, which is the same tree.
 */
export async function rootOf(files: readonly ListedFile[]): Promise<string> {
  let level = await Promise.all(files.map(leafHashOf));
  while (level.length > 1) {
    const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, at) => level.slice(2 * at, 2 * at + 2));
    level = await Promise.all(pairs.map(hashPair));
  }
  return level[0] ? hexOf(level[0]) : '';
}

function leafHashOf({ requestId, artefact, digestHex }: ListedFile): Promise<Uint8Array<ArrayBuffer>> {
  const leaf = JSON.stringify({ artefact, digest: digestHex, request: requestId }); // RFC 8785: names in their order, ASCII alone
  return sha256(joined(0, [new TextEncoder().encode(leaf)]));
}

const hashPair = async (pair: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> =>
  pair.length === 1 && pair[0] ? pair[0] : sha256(joined(1, pair));

function joined(prefix: number, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + parts.reduce((sum, { length }) => sum + length, 0));
  bytes[0] = prefix;
  let at = 1;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
