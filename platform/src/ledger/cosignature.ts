import { createHash, createPublicKey, verify } from 'node:crypto';
import { spkiPrefix } from './signed-note.ts';

/** Cosignatures as their readers check them: nothing here reaches a private key, and a browser loads it, too (ADR 0198). */

/** Whose cosignatures are counted. */
export interface WitnessKey {
  readonly name: string;
  /** Raw Ed25519, 32 bytes. */
  readonly publicKey: Buffer;
}

/** Which witnesses count, and how many of them are enough. */
export interface WitnessPolicy {
  readonly witnesses: readonly WitnessKey[];
  readonly quorum: number;
}

/** Types of keys in a note (C2SP signed-note, tlog-cosignature): of a log, and of a witness. */
export const keyTypes = { log: 1, witness: 4 } as const;
type KeyType = keyof typeof keyTypes;

/** What names a key in a note's signatures. */
export const idOf = (type: KeyType, { name, publicKey }: WitnessKey): Buffer =>
  createHash('sha256').update(`${name}\n`).update(Buffer.of(keyTypes[type])).update(publicKey).digest().subarray(0, 4);

/** A key as C2SP signed-note writes it: `name+id+key`. */
export function verifierKeyText(type: KeyType, key: WitnessKey): string {
  const material = Buffer.concat([Buffer.of(keyTypes[type]), key.publicKey]).toString('base64');
  return `${key.name}+${idOf(type, key).toString('hex')}+${material}`;
}

/** Reads a key of that type; undefined for anything else, and for one whose id is not its own. */
export function readVerifierKey(type: KeyType, text: string): WitnessKey | undefined {
  const [, name = '', id, material = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text.trim()) ?? [];
  const bytes = Buffer.from(material, 'base64');
  if (bytes.length !== 33 || bytes[0] !== keyTypes[type]) return undefined;
  const key = { name, publicKey: bytes.subarray(1) };
  return idOf(type, key).toString('hex') === id ? key : undefined;
}

/** The text of a note, with its last newline, and its signature lines. */
export function partsOf(note: string): { readonly text: string; readonly lines: readonly string[] } {
  const end = note.indexOf('\n\n');
  return { text: note.slice(0, end + 1), lines: end < 0 ? [] : note.slice(end + 2).split('\n') };
}

/** What a witness signs (tlog-cosignature). */
export const message = (seconds: bigint, text: string) => Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);

/** The good cosignature of this witness among a note's lines, and when it was made; undefined when there is none. */
export function cosignatureOf(note: string, key: WitnessKey): { readonly line: string; readonly at: Date } | undefined {
  const { text, lines } = partsOf(note);
  const id = idOf('witness', key);
  const publicKey = createPublicKey({ key: Buffer.concat([spkiPrefix, key.publicKey]), format: 'der', type: 'spki' });
  for (const line of lines) {
    const [, name, encoded = ''] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
    const bytes = Buffer.from(encoded, 'base64');
    if (name !== key.name || bytes.length !== 76 || !bytes.subarray(0, 4).equals(id)) continue;
    const seconds = new DataView(bytes.buffer, bytes.byteOffset + 4, 8).getBigUint64(0);
    if (seconds <= 253_402_300_799n && verify(null, message(seconds, text), publicKey, bytes.subarray(12)))
      return { line: `${line}\n`, at: new Date(Number(seconds) * 1000) };
  }
  return undefined;
}

/** How far the clock of a witness may run ahead of ours. */
const toleratedMs = 5 * 60_000;

/**
 * The names of the witnesses whose good cosignature a note carries, each counted once by its key. One from the future counts for nothing, and with
 * `since` neither does one from before it: an old head proves nothing about now.
 */
export function cosignedBy(
  note: string,
  witnesses: readonly WitnessKey[],
  { now, since }: { readonly now: Date; readonly since?: Date },
): string[] {
  const found = new Map<string, string>();
  for (const key of witnesses) {
    const made = cosignatureOf(note, key);
    if (made && made.at.getTime() <= now.getTime() + toleratedMs && (!since || made.at >= since))
      found.set(key.publicKey.toString('hex'), key.name);
  }
  return [...found.values()];
}
