import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** The two acts. */
export type Act = 'confirm' | 'approve';

/**
 * What both people put their passkeys to: the content of the kind, and what makes this approval unlike any other. The
 * nonce keeps the digest, which is public in the ledger, from being searched for the names that the content holds.
 */
export interface Envelope {
  readonly v: 1;
  readonly approval: string;
  readonly kind: string;
  readonly content: unknown;
  readonly maker: string;
  readonly organisation: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly expires: string;
  /** 128 bits, base64url. */
  readonly nonce: string;
}

/** Canonical JSON (RFC 8785): the bytes that the digest is of, and that are kept. */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('nothing that JSON can say');
  return text;
}

/** SHA-256 of the canonical text, in UTF-8. */
export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

/**
 * The challenge of one act's assertion, base64url: SHA-256 over the name of the act and the digest. An assertion for one
 * act is none for the other, nor for any other approval, nor for signing in (whose challenges are random).
 */
export function challengeOf(digest: Uint8Array, act: Act): string {
  return createHash('sha256').update(`edutrust/approval/v1/${act}\n`, 'utf8').update(digest).digest('base64url');
}

/** What two people can read to each other: the last eight hexadecimal digits of the digest, in pairs of four. */
export function shortCode(digest: Uint8Array): string {
  const end = Buffer.from(digest).toString('hex').slice(-8);
  return `${end.slice(0, 4)} ${end.slice(4)}`;
}
