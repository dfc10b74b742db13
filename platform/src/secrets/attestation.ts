import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import canonicalize from 'canonicalize';
import { sql } from 'kysely';
import type { Transaction } from '../database/database.ts';
import type { SecretBox } from './secrets.ts';

/** Facts that a row stands for: identifiers, times as ISO text, hashes as hexadecimal. */
export type AttestedFacts = Readonly<Record<string, string | number | boolean | null>>;

type Keys = Pick<SecretBox, 'derive'>;

/** One key a purpose: deriving costs more than all that is done with it. */
const derived = new WeakMap<Keys, Map<string, KeyObject>>();

function keyOf(secrets: Keys, purpose: string): KeyObject {
  const known = derived.get(secrets) ?? new Map<string, KeyObject>();
  derived.set(secrets, known);
  const key = known.get(purpose) ?? createSecretKey(secrets.derive(`attestation/v1/${purpose}`));
  known.set(purpose, key);
  return key;
}

/**
 * What this program says of a row that it wrote: HMAC-SHA-256 (RFC 2104) under a key of the installation over the facts
 * as canonical JSON (RFC 8785). Somebody who can write to the database and has not the key-encryption key can copy,
 * change or invent rows, but none of theirs is attested. `purpose` keeps one table's attestations from another's.
 */
export function attest(secrets: Keys, purpose: string, facts: AttestedFacts): Buffer {
  return attestText(secrets, purpose, canonicalize(facts) ?? '');
}

/** Whether the attestation is of these very facts. */
export function isAttested(
  secrets: Keys,
  purpose: string,
  facts: AttestedFacts,
  attestation: Uint8Array | null,
): boolean {
  return isAttestedText(secrets, purpose, canonicalize(facts) ?? '', attestation);
}

/** As {@link attest}, of a text that is kept as it is. */
export function attestText(secrets: Keys, purpose: string, text: string): Buffer {
  return createHmac('sha256', keyOf(secrets, purpose)).update(text).digest();
}

export function isAttestedText(secrets: Keys, purpose: string, text: string, attestation: Uint8Array | null): boolean {
  if (attestation === null) return false;
  const right = attestText(secrets, purpose, text);
  return attestation.length === right.length && timingSafeEqual(right, attestation);
}

/**
 * Attests the rows of a table that stand there from before its rows were attested; gives how many. Called once in the
 * life of an installation, in the transaction that says so in the ledger.
 */
export type FirstAttestation = (transaction: Transaction, secrets: SecretBox) => Promise<number>;

const chunk = 5_000;

/** Writes attestations into rows that have none: for {@link FirstAttestation}s. Gives how many rows there are. */
export async function writeAttestations(
  transaction: Transaction,
  where: { readonly table: string; readonly key: string; readonly keyType: 'uuid' | 'text'; readonly column: string },
  rows: readonly { readonly key: string; readonly attestation: Buffer }[],
): Promise<number> {
  const [table, key, column] = [sql.table(where.table), sql.ref(where.key), sql.ref(where.column)];
  for (let at = 0; at < rows.length; at += chunk) {
    const some = rows.slice(at, at + chunk);
    await sql`
      UPDATE ${table} AS t SET ${column} = n.attestation
      FROM unnest(${some.map((row) => row.key)}::${sql.raw(where.keyType)}[], ${some.map(({ attestation }) => attestation)}::bytea[])
        AS n (key, attestation)
      WHERE t.${key} = n.key AND t.${column} IS NULL`.execute(transaction);
  }
  return rows.length;
}
