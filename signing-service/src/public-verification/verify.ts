import { createHash, X509Certificate } from 'node:crypto';
import { trustMaterial } from '@edutrust/certs/authority';
import type { ServiceContext } from '@edutrust/platform/context';
import type { WitnessKey } from '@edutrust/platform/cosignature';
import { InvalidInput, TooLarge } from '@edutrust/platform/errors';
import {
  createValidationPool,
  isLargeFile,
  type LargeFile,
  type LogKey,
  piecesOfFile,
  type ValidationPool,
  type ValidationReport,
} from '../validation/validation.ts';
import { withWitnesses } from '../validation/witnesses.ts';
import { documentBySha256 } from './document.ts';
import { inWords, type VerificationReport } from './in-words.ts';
import { largestFileBytes, largestStreamedBytes } from './limits.ts';
import { witnessed } from './witnessed.ts';

export { etsiReport } from './etsi-report.ts';
export type { VerificationReport } from './in-words.ts';
export { largestFileBytes, largestStreamedBytes } from './limits.ts';
export { browserTrust } from './trust.ts';
export { cosignedProofs } from './witnessed.ts';

export interface VerifyOptions {
  /** Certificates to trust beside ours, each a PEM text with one or more. */
  readonly trust?: readonly string[];
  /** Judge as of this time instead of now. */
  readonly at?: Date;
  /** What the file signs, when the signature is a file of its own; or the other form of a school report. */
  readonly content?: Uint8Array | LargeFile;
  /** Opens an encrypted PDF. */
  readonly password?: string;
  /** Witnesses of the logs whose word counts, beside this installation's own. */
  readonly witnesses?: readonly WitnessKey[];
  /** Proofs that witnesses cosigned (C2SP tlog-proof), kept from before. */
  readonly evidence?: readonly string[];
  /** Logs that are believed, beside this installation's own. */
  readonly logs?: readonly LogKey[];
  /** Warm threads; one is started for this file alone when absent. */
  readonly pool?: ValidationPool;
}

/** Most certificates that a question may ask us to trust. */
const mostAnchors = 50;

/**
 * Verifies a file, in memory or read piece by piece: who signed, is it unchanged, was the signer trusted then. The same for `POST /api/v1/verify`, the pages and
 * `edutrust verify`. Runs in a worker with limits, because the file may be anybody's.
 *
 * @throws InvalidInput `verify/not-a-pdf`, `verify/empty`, `verify/bad-trust`; TooLarge `verify/too-large`; Unavailable `verify/busy`.
 */
export async function verifyFile(
  context: Pick<ServiceContext, 'db' | 'clock' | 'ledger' | 'config'>,
  file: Uint8Array | LargeFile,
  { trust = [], at, witnesses = [], evidence: proofs = [], logs: otherLogs = [], ...asked }: VerifyOptions = {},
): Promise<VerificationReport> {
  mustBeReadable(file);
  const ours = await trustMaterial(context);
  const judgedAt = at ?? context.clock.now();
  const { origin, publicKey } = context.ledger.key('signatures');
  const logs = [{ origin, publicKey }, ...otherLogs];
  const alone = await judge(file, { ours, trust, judgedAt, logs, ...asked });
  const report = await witnessed(context, alone, { logs, witnesses, proofs, at: judgedAt });
  const sha256 = await sha256Of(file);
  const document = (await documentBySha256(context.db, sha256)) ?? null;
  return inWords(report, { bytes: file, judgedAt, sha256, document });
}

/**
 * {@link verifyFile} without a database: by the given certificates alone. What our own roots, lists and logs would say
 * is not in the answer.
 *
 * @throws as {@link verifyFile}
 */
export async function verifyFileAlone(
  file: Uint8Array | LargeFile,
  { trust = [], at = new Date(), witnesses = [], evidence: proofs = [], logs = [], ...asked }: VerifyOptions = {},
): Promise<VerificationReport> {
  mustBeReadable(file);
  const alone = await judge(file, { ours: nothing, trust, judgedAt: at, logs, ...asked });
  const report = withWitnesses(alone, { logs, witnesses, proofs, at });
  const sha256 = await sha256Of(file);
  return inWords(report, { bytes: file, judgedAt: at, sha256, document: null });
}

type Ours = Awaited<ReturnType<typeof trustMaterial>>;
const nothing: Ours = { anchors: [], timeStampAnchors: [], untrusted: [], crls: [] };

async function judge(
  file: Uint8Array | LargeFile,
  given: Pick<VerifyOptions, 'pool' | 'content' | 'password'> & {
    readonly ours: Ours;
    readonly trust: readonly string[];
    readonly judgedAt: Date;
    readonly logs: readonly LogKey[];
  },
): Promise<ValidationReport> {
  const { ours, trust, judgedAt, logs, pool, content, password } = given;
  if (content) mustNotBeTooLarge(content);
  const added = trust.flatMap(readPem);
  const validation = pool ?? createValidationPool();
  try {
    return await validation.validate(file, {
      ...ours,
      anchors: [...ours.anchors, ...added],
      timeStampAnchors: [...ours.timeStampAnchors, ...added],
      logs,
      at: judgedAt,
      ...(content ? { content } : {}),
      ...(password ? { password } : {}),
    });
  } finally {
    if (!pool) await validation.close();
  }
}

function mustBeReadable(file: Uint8Array | LargeFile): void {
  if (file.length === 0) {
    throw new InvalidInput(
      'verify/empty',
      { vi: 'Chưa có tệp nào được gửi, hoặc tệp rỗng.', en: 'No file was sent, or it is empty.' },
      { remedy: { vi: 'Chọn tệp cần kiểm tra.', en: 'Choose the file to verify.' } },
    );
  }
  mustNotBeTooLarge(file);
}

function mustNotBeTooLarge(file: Uint8Array | LargeFile): void {
  if (file.length > (isLargeFile(file) ? largestStreamedBytes : largestFileBytes)) throw tooLarge();
}

async function sha256Of(file: Uint8Array | LargeFile): Promise<Buffer> {
  const hash = createHash('sha256');
  if (!isLargeFile(file)) return hash.update(file).digest();
  for await (const piece of piecesOfFile(file.path)) hash.update(piece);
  return hash.digest();
}

export function tooLarge(): TooLarge {
  const mebibytes = largestFileBytes / 2 ** 20;
  return new TooLarge('verify/too-large', {
    vi: `Tệp lớn hơn ${mebibytes} MiB nên không được đọc.`,
    en: `The file is larger than ${mebibytes} MiB and was not read.`,
  });
}

/** The certificates of a PEM text, as DER. */
function readPem(text: string): Buffer[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length === 0 || blocks.length > mostAnchors) throw new Error(`${blocks.length} certificates`);
    return blocks.map((block) => Buffer.from(new X509Certificate(block).raw));
  } catch (error) {
    throw new InvalidInput(
      'verify/bad-trust',
      { vi: 'Không đọc được chứng thư gốc gửi kèm.', en: 'The certificate to trust cannot be read.' },
      {
        remedy: { vi: 'Gửi tệp PEM (-----BEGIN CERTIFICATE-----).', en: 'Send PEM (-----BEGIN CERTIFICATE-----).' },
        cause: error,
      },
    );
  }
}
