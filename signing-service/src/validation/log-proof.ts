import { createHash } from 'node:crypto';
import type { CmsSignedData } from '@edutrust/certs/cms';
import { hashLeaf, isIncluded, originOf, parseTlogProof } from '@edutrust/platform/ledger-proof';
import { signatureLeaf } from '../formats/leaf.ts';
import type { LogEntry } from './report.ts';

/** A public log whose proofs are believed. */
export interface LogKey {
  readonly origin: string;
  /** Raw Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
}

const sha256 = (parts: Iterable<Uint8Array>) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/**
 * The proof of inclusion (C2SP tlog-proof) inside a signature of ours, checked against the log's key: the leaf is rebuilt
 * from the file, so that the proof is of this very signature. `null` when the signature carries none.
 */
export function checkLogProof(
  cms: Pick<CmsSignedData, 'signature' | 'timeStampTokens'> & { readonly inclusionProof?: Buffer | undefined },
  given: {
    readonly certificate: Uint8Array;
    readonly content: Iterable<Uint8Array>;
    readonly logs: readonly LogKey[];
  },
): LogEntry | null {
  if (!cms.inclusionProof) return null;
  const proof = parseTlogProof(cms.inclusionProof.toString('utf8'));
  const unproven = { leaf: null, witnesses: null };
  if (!proof) return { origin: '', index: 0, status: 'wrong', ...unproven };
  const entry = { origin: originOf(proof), index: proof.index, ...unproven };
  const key = given.logs.find(({ origin }) => origin === entry.origin);
  const [token] = cms.timeStampTokens;
  // Files of before carry no hash of their assertion: the leaf cannot be rebuilt from them.
  if (!key || !proof.extra || !token) return { ...entry, status: 'unchecked' };
  const leaf = signatureLeaf({
    assertion: proof.extra,
    certificate: sha256([given.certificate]),
    document: sha256(given.content),
    signature: sha256([cms.signature]),
    timeStamp: sha256([token]),
  });
  const publicKey = Buffer.from(key.publicKey);
  const hash = hashLeaf(Buffer.from(leaf, 'utf8'));
  const isProven = isIncluded(proof, hash, { origin: key.origin, publicKey });
  return isProven ? { ...entry, status: 'proven', leaf: hash.toString('hex') } : { ...entry, status: 'wrong' };
}
