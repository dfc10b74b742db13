import { createHash } from 'node:crypto';

/** Merkle tree hashing of RFC 6962 §2.1 (RFC 9162 §2.1.1), and the arithmetic of C2SP tlog-tiles (height 8). */

export const hashBytes = 32;
/** Hashes in a full tile. */
export const tileWidth = 256;
const tileHeight = 8;

export function hashLeaf(entry: Uint8Array): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(entry).digest();
}

export function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

/** MTH of the empty tree. */
export const emptyRoot: Buffer = createHash('sha256').digest();

/**
 * The right edge of a growing tree: one hash for each complete subtree, largest first. Takes memory in the logarithm
 * of the size.
 */
export class CompactRange {
  #size = 0;
  readonly #hashes: { level: number; hash: Buffer }[] = [];

  get size(): number {
    return this.#size;
  }

  append(leafHash: Buffer): void {
    let node = { level: 0, hash: leafHash };
    for (let left = this.#hashes.at(-1); left?.level === node.level; left = this.#hashes.at(-1)) {
      this.#hashes.pop();
      node = { level: node.level + 1, hash: hashNode(left.hash, node.hash) };
    }
    this.#hashes.push(node);
    this.#size += 1;
  }

  root(): Buffer {
    const last = this.#hashes.at(-1);
    if (!last) return emptyRoot;
    return this.#hashes.slice(0, -1).reduceRight((right, { hash }) => hashNode(hash, right), last.hash);
  }
}

/** Reads a tile: the hashes that it holds now. */
export type ReadTile = (level: number, index: number) => Promise<Buffer>;

/** The largest power of two below `size` (RFC 9162 §2.1.1), for size ≥ 2. */
function split(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

/** The root over `count` hashes that lie side by side, as in a tile. */
export function rootOfHashes(hashes: Buffer, count: number): Buffer {
  if (hashes.length !== count * hashBytes) throw new Error('a tile is shorter than the tree needs');
  const range = new CompactRange();
  for (let at = 0; at < hashes.length; at += hashBytes) range.append(hashes.subarray(at, at + hashBytes));
  return range.root();
}

/** The hash of the leaves [start, end), where start is a multiple of the subtree's width; from tiles. */
async function subtree(read: ReadTile, start: number, end: number): Promise<Buffer> {
  const width = end - start;
  const level = Math.log2(width);
  if (Number.isInteger(level)) {
    const tileLevel = Math.floor(level / tileHeight);
    const below = width / tileWidth ** tileLevel; // hashes of that tile level under this node: 1 to 128
    const position = start / tileWidth ** tileLevel;
    const tile = await read(tileLevel, Math.floor(position / tileWidth));
    const offset = position % tileWidth;
    return rootOfHashes(tile.subarray(offset * hashBytes, (offset + below) * hashBytes), below);
  }
  const middle = start + split(width);
  return hashNode(await subtree(read, start, middle), await subtree(read, middle, end));
}

/** The root of the first `size` leaves, from tiles. */
export async function rootOf(read: ReadTile, size: number): Promise<Buffer> {
  return size === 0 ? emptyRoot : subtree(read, 0, size);
}

/** Hashes of subtrees by their bounds, for paths of several leaves of one log: leaves next to each other share nearly all of them. */
export type KnownSubtrees = Map<string, Promise<Buffer>>;

/** PATH(index, D[size]) of RFC 9162 §2.1.3.1, lowest sibling first. */
export async function inclusionPath(
  read: ReadTile,
  index: number,
  size: number,
  known: KnownSubtrees = new Map(),
): Promise<Buffer[]> {
  const sibling = (start: number, end: number) => {
    const name = `${start}-${end}`;
    const hash = known.get(name) ?? subtree(read, start, end);
    known.set(name, hash);
    return hash;
  };
  const path = async (start: number, end: number): Promise<Buffer[]> => {
    if (end - start <= 1) return [];
    const middle = start + split(end - start);
    return index < middle
      ? [...(await path(start, middle)), await sibling(middle, end)]
      : [...(await path(middle, end)), await sibling(start, middle)];
  };
  return path(0, size);
}

/** The tree of leaf hashes that are all at hand, one at least: its root, and the path of each as above. */
export function treeOf(leafHashes: readonly Buffer[]): { readonly root: Buffer; readonly paths: readonly Buffer[][] } {
  const paths = leafHashes.map((): Buffer[] => []);
  const build = (start: number, end: number): Buffer => {
    if (end - start === 1) return leafHashes[start] ?? emptyRoot;
    const middle = start + split(end - start);
    const [left, right] = [build(start, middle), build(middle, end)];
    for (let index = start; index < end; index += 1) paths[index]?.push(index < middle ? right : left);
    return hashNode(left, right);
  };
  return { root: leafHashes.length === 0 ? emptyRoot : build(0, leafHashes.length), paths };
}

/** The root that an inclusion path leads to (RFC 9162 §2.1.3.2); undefined when the path has the wrong length. */
export function rootFromPath(
  index: number,
  size: number,
  leafHash: Buffer,
  path: readonly Buffer[],
): Buffer | undefined {
  if (index >= size) return undefined;
  let node = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      hash = hashNode(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = hashNode(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : undefined;
}

/** PROOF(from, D[size]) of RFC 9162 §2.1.4.1: that the tree of `size` leaves begins with the one of `from`. Empty from none, and from all. */
export async function consistencyPath(read: ReadTile, from: number, size: number): Promise<Buffer[]> {
  const proof = async (start: number, end: number, isWhole: boolean): Promise<Buffer[]> => {
    if (from === end) return isWhole ? [] : [await subtree(read, start, end)];
    const middle = start + split(end - start);
    return from <= middle
      ? [...(await proof(start, middle, isWhole)), await subtree(read, middle, end)]
      : [...(await proof(middle, end, false)), await subtree(read, start, middle)];
  };
  return from === 0 || from === size ? [] : proof(0, size, true);
}

interface Head {
  readonly size: number;
  readonly root: Buffer;
}

/** Whether the path proves that the tree of `now` begins with the one of `before` (RFC 9162 §2.1.4.2). */
export function isConsistent(before: Head, now: Head, path: readonly Buffer[]): boolean {
  if (before.size > now.size) return false;
  if (before.size === 0) return path.length === 0;
  if (before.size === now.size) return path.length === 0 && before.root.equals(now.root);
  const isPowerOfTwo = Number.isInteger(Math.log2(before.size));
  const [first, ...rest] = isPowerOfTwo ? [before.root, ...path] : path;
  if (!first || path.length === 0) return false;
  let [node, last] = [before.size - 1, now.size - 1];
  const up = () => {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  };
  while (node % 2 === 1) up();
  let [old, whole] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      old = hashNode(sibling, old);
      whole = hashNode(sibling, whole);
      while (node % 2 === 0 && node !== 0) up();
    } else {
      whole = hashNode(whole, sibling);
    }
    up();
  }
  return last === 0 && old.equals(before.root) && whole.equals(now.root);
}
