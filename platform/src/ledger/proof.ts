import { type LogPublicKey, openCheckpoint } from './signed-note.ts';
import { hashBytes, rootFromPath } from './tree.ts';

export { hashLeaf } from './tree.ts';

/** A C2SP tlog-proof as it travels with what was logged. */
export interface TlogProof {
  /** What the holder needs to rebuild the leaf beside the thing itself. */
  readonly extra: Buffer | undefined;
  readonly index: number;
  readonly path: readonly Buffer[];
  /** The signed note. */
  readonly checkpoint: string;
}

/** As C2SP writes it: extra, index, path, checkpoint. */
export function tlogProofText({
  extra,
  index,
  path,
  checkpoint,
}: Pick<TlogProof, 'index' | 'checkpoint'> & {
  readonly extra?: Uint8Array | undefined;
  readonly path: readonly Uint8Array[];
}): string {
  const first = extra ? `extra ${Buffer.from(extra).toString('base64')}\n` : '';
  const lines = path.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('');
  return `c2sp.org/tlog-proof@v1\n${first}index ${index}\n${lines}\n${checkpoint}`;
}

/** The longest path that a tree of 2^53 leaves has. */
const longestPath = 63;

/** Reads a C2SP tlog-proof v1; undefined for what is none. */
export function parseTlogProof(text: string): TlogProof | undefined {
  const end = text.indexOf('\n\n');
  const [header, ...lines] = text.slice(0, Math.max(end, 0)).split('\n');
  const extra = lines[0]?.startsWith('extra ') ? lines.shift()?.slice('extra '.length) : undefined;
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '')?.[1];
  const path = lines.map((line) => Buffer.from(line, 'base64'));
  const isProof = header === 'c2sp.org/tlog-proof@v1' && index !== undefined && path.length <= longestPath;
  if (!isProof || path.some((hash) => hash.length !== hashBytes)) return undefined;
  return {
    extra: extra === undefined ? undefined : Buffer.from(extra, 'base64'),
    index: Number(index),
    path,
    checkpoint: text.slice(end + 2),
  };
}

/** The log that a proof's checkpoint names, whether its signature is good or not. */
export function originOf({ checkpoint }: TlogProof): string {
  return checkpoint.slice(0, Math.max(checkpoint.indexOf('\n'), 0)).slice(0, 200);
}

/** Whether the leaf of this hash is in the log whose key this is: checkpoint signed, and the path leads to its root (RFC 9162 §2.1.3.2). */
export function isIncluded(proof: TlogProof, leafHash: Buffer, key: LogPublicKey): boolean {
  const head = openCheckpoint(proof.checkpoint, key);
  return (
    head !== undefined && rootFromPath(proof.index, head.size, leafHash, [...proof.path])?.equals(head.root) === true
  );
}
