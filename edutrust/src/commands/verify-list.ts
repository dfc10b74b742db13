import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { cosignedBy, type WitnessKey } from '@edutrust/platform/cosignature';
import { InvalidInput } from '@edutrust/platform/errors';
import { hashLeaf, isIncluded, originOf, parseTlogProof } from '@edutrust/platform/ledger-proof';
import type { Text } from '@edutrust/platform/messages';
import { noFile } from './no-file.ts';

/** What is found of a list that an auditor took, by its proof from the audit log. */
export interface ListReport {
  readonly file: string;
  readonly sha256: string;
  /** `invalid`: the list is not what was taken, or the proof is not of this log. */
  readonly verdict: 'valid' | 'invalid';
  readonly sentence: Text;
  readonly log: { readonly origin: string; readonly index: number; readonly witnesses: readonly string[] };
  /** Of a good one: when it was taken, and how many documents it has. */
  readonly takenAt?: string;
  readonly rows?: number;
}

interface Given {
  readonly proof: string;
  /** Of the audit log. */
  readonly key: WitnessKey;
  readonly witnesses: readonly WitnessKey[];
}

/**
 * Whether a list of documents is, to the byte, one that was taken from the installation whose audit log this is: the entry that the
 * proof carries names the digest of the file, and stands in the log.
 *
 * @throws InvalidInput `verify/bad-proof`; `command/no-file`
 */
export async function verifyList(file: string, { proof: text, key, witnesses }: Given): Promise<ListReport> {
  const proof = parseTlogProof(text);
  const entry = proof?.extra && entryOf(proof.extra);
  if (!proof?.extra || !entry) throw badProof();
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw noFile(file, cause);
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const log = { origin: originOf(proof), index: proof.index };
  const isProven = isIncluded(proof, hashLeaf(proof.extra), { origin: key.name, publicKey: key.publicKey });
  const found = { file, sha256, log: { ...log, witnesses: [] } };
  if (!isProven) return { ...found, verdict: 'invalid', sentence: sentences.otherLog };
  const counted = cosignedBy(proof.checkpoint, witnesses, { now: new Date() }).sort();
  const witnessed = { ...found, log: { ...log, witnesses: counted } };
  if (entry.sha256 !== sha256) return { ...witnessed, verdict: 'invalid', sentence: sentences.changed };
  const { at: takenAt, rows } = entry;
  return { ...witnessed, verdict: 'valid', sentence: sentences.same(rows, takenAt), takenAt, rows };
}

/** The entry of a list, as the log has it. */
function entryOf(leaf: Buffer): { readonly at: string; readonly sha256: string; readonly rows: number } | undefined {
  try {
    const { type, at, data } = JSON.parse(leaf.toString('utf8'));
    const isList = type === 'signing-export.taken' && typeof at === 'string' && Number.isInteger(data?.rows);
    return isList && typeof data.sha256 === 'string' ? { at, sha256: data.sha256, rows: data.rows } : undefined;
  } catch {
    return undefined; // no JSON
  }
}

const sentences = {
  same: (rows: number, at: string): Text => ({
    vi: `Đúng từng byte danh sách đã lấy ra lúc ${at}, ${rows} văn bản; có trong nhật ký.`,
    en: `To the byte the list that was taken at ${at}, ${rows} documents; it stands in the log.`,
  }),
  changed: {
    vi: 'KHÔNG phải danh sách đã lấy ra: có chỗ bị sửa, thêm hoặc bớt.',
    en: 'NOT the list that was taken: something was changed, added or left out.',
  },
  otherLog: {
    vi: 'Bằng chứng không khớp với khoá của nhật ký: không nói được gì về danh sách này.',
    en: 'The proof does not fit the log’s key: nothing can be said of this list.',
  },
} as const;

function badProof(): InvalidInput {
  return new InvalidInput('verify/bad-proof', {
    vi: '--proof là bằng chứng của một danh sách văn bản (/api/v1/signing/exports/{sha256}/proof).',
    en: '--proof is the proof of a list of documents (/api/v1/signing/exports/{sha256}/proof).',
  });
}
