import { createHash, X509Certificate } from 'node:crypto';
import { trustMaterial } from '@edutrust/certs/authority';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput, TooLarge } from '@edutrust/platform/errors';
import type { PublicDocument } from '../pages.ts';
import { type ValidationReport, validateInWorker } from '../validation/validation.ts';
import { documentBySha256 } from './document.ts';
import { largestFileBytes } from './limits.ts';
import { describe, type Wording } from './sentences.ts';

export { largestFileBytes } from './limits.ts';

export interface VerifyOptions {
  /** Certificates to trust beside ours, each a PEM text with one or more. */
  readonly trust?: readonly string[];
  /** Judge as of this time instead of now. */
  readonly at?: Date;
}

/** The validation report with its words, and what we know of the file. */
export interface VerificationReport extends ValidationReport, Wording {
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** ISO 8601 UTC. */
  readonly judgedAt: string;
  /** The document of ours whose signed file is exactly this one. */
  readonly document: (PublicDocument & { readonly isSameFile: boolean }) | null;
}

/** Most certificates that a question may ask us to trust. */
const mostAnchors = 50;

/**
 * Verifies a file: who signed, is it unchanged, was the signer trusted then. The same for `POST /api/v1/verify`, the pages and
 * `edutrust verify`. Runs in a worker with limits, because the file may be anybody's.
 *
 * @throws InvalidInput `verify/not-a-pdf`, `verify/empty`, `verify/bad-trust`; TooLarge `verify/too-large`.
 */
export async function verifyFile(
  context: Pick<ServiceContext, 'db' | 'clock'>,
  bytes: Uint8Array,
  { trust = [], at }: VerifyOptions = {},
): Promise<VerificationReport> {
  if (bytes.length === 0) {
    throw new InvalidInput(
      'verify/empty',
      { vi: 'Chưa có tệp nào được gửi, hoặc tệp rỗng.', en: 'No file was sent, or it is empty.' },
      { remedy: { vi: 'Chọn tệp PDF cần kiểm tra.', en: 'Choose the PDF to verify.' } },
    );
  }
  if (bytes.length > largestFileBytes) throw tooLarge();
  const ours = await trustMaterial(context);
  const anchors = [...ours.anchors, ...trust.flatMap(readPem)];
  const report = await validateInWorker(bytes, { ...ours, anchors, ...(at ? { at } : {}) });
  const hash = createHash('sha256').update(bytes).digest();
  const document = await documentBySha256(context.db, hash);
  return {
    ...report,
    ...describe(report),
    sha256: hash.toString('hex'),
    sizeBytes: bytes.length,
    judgedAt: (at ?? context.clock.now()).toISOString(),
    document: document ? { ...document, isSameFile: true } : null,
  };
}

export function tooLarge(): TooLarge {
  const mebibytes = largestFileBytes / 2 ** 20;
  return new TooLarge('verify/too-large', {
    vi: `Tệp lớn hơn ${mebibytes} MiB nên không được đọc.`,
    en: `The file is larger than ${mebibytes} MiB and is not read.`,
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
