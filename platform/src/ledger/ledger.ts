import type { Transaction } from '../database/database.ts';

/** `audit`: private entries, public tree heads. `signatures`: public hashes of certificates and signatures. */
export type LogName = 'audit' | 'signatures';

/** Proof that a leaf is in the tree that a checkpoint commits to (RFC 9162 §2.1.3; C2SP tlog-checkpoint). */
export interface InclusionProof {
  readonly log: LogName;
  readonly index: number;
  readonly leafHash: Buffer;
  readonly path: readonly Buffer[];
  /** The signed note whose tree contains the leaf. */
  readonly checkpoint: string;
}

/** What `verify` found. */
export type LedgerVerdict =
  | { readonly intact: true; readonly log: LogName; readonly size: number }
  | { readonly intact: false; readonly log: LogName; readonly size: number; readonly firstBadIndex: number; readonly reason: string };

/**
 * Append-only Merkle logs in PostgreSQL. An entry is inserted without an index in the transaction of its effect;
 * one sequencer gives it its index within a second and signs a checkpoint (Ed25519 note).
 */
export interface Ledger {
  /** Adds the bytes as a leaf; returns the entry's id, to wait for its proof after the commit. */
  append(transaction: Transaction, log: LogName, entry: Uint8Array): Promise<string>;
  /** Resolves once a checkpoint covers the entry; rejects with Unavailable after `timeoutMs` (default 10 s). */
  proofOf(entryId: string, timeoutMs?: number): Promise<InclusionProof>;
  verify(log: LogName): Promise<LedgerVerdict>;
}
