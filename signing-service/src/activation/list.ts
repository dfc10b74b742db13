import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { DocumentKind } from '../templates/template.ts';

/** What one confirmation authorises, and nothing else. */
export interface AuthorisedList {
  readonly documents: readonly {
    readonly request: string;
    /** SHA-256 of the byte ranges that are signed, hexadecimal. */
    readonly digest: string;
  }[];
  /** The kind of its documents. */
  readonly template: DocumentKind | 'several';
  /** A person's signatures, or an organisation's seal by its clerk. */
  readonly purpose: 'sign' | 'seal';
  /** SHA-256 of the signing certificate's DER, hexadecimal. */
  readonly certificate: string;
  readonly session: string;
  /** ISO 8601 UTC. */
  readonly expires: string;
  /** 32 random bytes, base64url: two sessions over the same documents differ. */
  readonly nonce: string;
  /** Of a list for the school's own token: the machine signs for this origin and no other. */
  readonly origin?: string;
}

/**
 * The list as canonical JSON (RFC 8785), the challenge that stands for it (SHA-256 of its UTF-8 bytes), and the four
 * digits that both screens show.
 */
export function challengeOf(list: object): {
  readonly text: string;
  readonly challenge: Buffer;
  readonly code4: string;
} {
  const text = canonicalize(list);
  if (text === undefined) throw new TypeError('a list is a JSON object');
  const challenge = createHash('sha256').update(text, 'utf8').digest();
  return { text, challenge, code4: code4Of(challenge) };
}

/** Four digits of a challenge: its last 16 bits of a further SHA-256, as Smart-ID and Mobile-ID derive theirs. */
export function code4Of(challenge: Uint8Array): string {
  const hash = createHash('sha256').update(challenge).digest();
  return String(hash.readUInt16BE(30) % 10_000).padStart(4, '0');
}
