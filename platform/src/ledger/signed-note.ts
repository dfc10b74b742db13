import { createHash, createPublicKey, verify } from 'node:crypto';

/** A log's notes as their readers check them. Nothing here reaches a database or a private key: a browser loads it, too (ADR 0198). */

/** A tree head: C2SP tlog-checkpoint in a C2SP signed note. */
export interface TreeHead {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

/** Whose notes they are. */
export interface LogPublicKey {
  readonly origin: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer;
}

/** What the key signs of a link. */
export const linkText = (previous: number, note: string) => Buffer.from(`edutrust/head-link/v1\n${previous}\n${note}`);

/** Whether this log's key linked the note to a head of that size. */
export function isLinked(
  link: Buffer,
  previous: number,
  note: string,
  { publicKey }: Pick<LogPublicKey, 'publicKey'>,
): boolean {
  return verify(null, linkText(previous, note), publicKeyOf(publicKey), link);
}

function publicKeyOf(raw: Buffer) {
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
}

/** The algorithm byte of Ed25519 in a note's key id (C2SP signed-note). */
const ed25519 = 1;

/** SPKI of an Ed25519 key without the key itself (RFC 8410 §4). */
export const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** What names a key in a note's signatures (C2SP signed-note). */
export function keyId(origin: string, publicKey: Uint8Array): Buffer {
  const hash = createHash('sha256').update(`${origin}\n`).update(Buffer.of(ed25519)).update(publicKey);
  return hash.digest().subarray(0, 4);
}

/** The tree head of a signed note; undefined when the note is malformed or not signed by this key. */
export function openCheckpoint(note: string, { origin, publicKey }: LogPublicKey): TreeHead | undefined {
  const end = note.indexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [name, size = '', root = ''] = text.split('\n');
  if (end < 0 || name !== origin || !/^(0|[1-9]\d{0,15})$/.test(size)) return undefined;
  const key = publicKeyOf(publicKey);
  const isSigned = note
    .slice(end + 2)
    .split('\n')
    .some((line) => {
      const match = /^— (\S+) (\S+)$/.exec(line);
      if (match?.[1] !== origin) return false;
      const bytes = Buffer.from(match[2] ?? '', 'base64');
      return (
        bytes.subarray(0, 4).equals(keyId(origin, publicKey)) && verify(null, Buffer.from(text), key, bytes.subarray(4))
      );
    });
  const rootHash = Buffer.from(root, 'base64');
  return isSigned && rootHash.length === 32 ? { origin, size: Number(size), root: rootHash } : undefined;
}
