import { createHmac, timingSafeEqual } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { SecretBox } from './secrets.ts';

/** Facts that a row stands for: identifiers, times as ISO text, hashes as hexadecimal. */
export type AttestedFacts = Readonly<Record<string, string | number | boolean | null>>;

/**
 * What this program says of a row that it wrote: HMAC-SHA-256 (RFC 2104) under a key of the installation over the facts
 * as canonical JSON (RFC 8785). Somebody who can write to the database and has not the key-encryption key can copy,
 * change or invent rows, but none of theirs is attested. `purpose` keeps one table's attestations from another's.
 */
export function attest(secrets: Pick<SecretBox, 'derive'>, purpose: string, facts: AttestedFacts): Buffer {
  return createHmac('sha256', secrets.derive(`attestation/v1/${purpose}`))
    .update(canonicalize(facts) ?? '')
    .digest();
}

/** Whether the attestation is of these very facts. */
export function isAttested(
  secrets: Pick<SecretBox, 'derive'>,
  purpose: string,
  facts: AttestedFacts,
  attestation: Uint8Array | null,
): boolean {
  if (attestation === null) return false;
  const right = attest(secrets, purpose, facts);
  return attestation.length === right.length && timingSafeEqual(right, attestation);
}
