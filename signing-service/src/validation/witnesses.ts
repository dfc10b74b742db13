import { cosignedBy } from '@edutrust/platform/cosignature';
import { isIncluded, originOf, parseTlogProof } from '@edutrust/platform/ledger-proof';
import type { LogKey } from './log-proof.ts';
import type { LogEntry, ValidationReport } from './report.ts';

/** Whose word is asked for about the logs' trees, and what they were given. Plain data, so that a browser's page can hand it on. */
export interface Witnessing {
  readonly logs: readonly LogKey[];
  /** By name; raw Ed25519 keys, 32 bytes. */
  readonly witnesses: readonly { readonly name: string; readonly publicKey: Uint8Array }[];
  /** Proofs of entries in trees that witnesses cosigned (C2SP tlog-proof); nothing is said of an entry that none is about. */
  readonly proofs: readonly string[];
  readonly at: Date;
}

/**
 * The report with the witnesses of each proven entry counted. A witness counts by its own cosignature on a tree that holds this
 * very leaf at this place: what a log shows one person and not the witnesses, it has from nobody. Nothing else of the report
 * depends on it, since witnesses sign within a minute and a file is read at once.
 */
export function withWitnesses<Report extends Pick<ValidationReport, 'signatures'>>(
  report: Report,
  given: Witnessing,
): Report {
  if (given.witnesses.length === 0) return report;
  const signatures = report.signatures.map((signature) => {
    const { log } = signature;
    return log?.leaf ? { ...signature, log: { ...log, witnesses: witnessesOf(log, log.leaf, given) } } : signature;
  });
  return { ...report, signatures };
}

function witnessesOf(
  { origin, index }: LogEntry,
  leaf: string,
  { logs, witnesses, proofs, at }: Witnessing,
): readonly string[] | null {
  const log = logs.find((known) => known.origin === origin);
  const ofEntry = proofs
    .map(parseTlogProof)
    .filter((proof) => proof !== undefined)
    .filter((proof) => proof.index === index && originOf(proof) === origin);
  if (!log || ofEntry.length === 0) return null;
  const key = { origin, publicKey: Buffer.from(log.publicKey) };
  const known = witnesses.map(({ name, publicKey }) => ({ name, publicKey: Buffer.from(publicKey) }));
  const found = ofEntry
    .filter((proof) => isIncluded(proof, Buffer.from(leaf, 'hex'), key))
    .flatMap((proof) => cosignedBy(proof.checkpoint, known, { now: at }));
  return [...new Set(found)].sort();
}
