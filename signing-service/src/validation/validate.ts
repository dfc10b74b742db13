import { openPdf, type PdfFile } from '../pdf/document.ts';
import { decodeStructureStream } from '../pdf/filters.ts';
import { Budget, defaultLimits } from '../pdf/limits.ts';
import { EncryptedPdf, MalformedPdf, PdfBeyondLimits } from '../pdf/malformed.ts';
import { as } from '../pdf/object.ts';
import { type SignedField, signedFields } from './fields.ts';
import { type Judged, judgeSignature, type Surroundings, withVerdict } from './judge.ts';
import { type ReasonCode, reason } from './reasons.ts';
import type { SignatureReport, ValidationReport } from './report.ts';

/** What a validation trusts and when. Plain data, so that it can be handed to a worker. */
export interface ValidationOptions {
  /** DER of the roots that signers' certificates must lead to. */
  readonly anchors: readonly Uint8Array[];
  /** DER of the roots of time-stamping authorities; `anchors` when absent. */
  readonly timeStampAnchors?: readonly Uint8Array[];
  /** More certificates to build paths with, DER. */
  readonly untrusted?: readonly Uint8Array[];
  /** DER of CRLs, beside those inside the document. */
  readonly crls?: readonly Uint8Array[];
  /** Without revocation data for the signer the verdict is `indeterminate` (TRY_LATER). Default false. */
  readonly requireRevocation?: boolean;
  /** The time to judge at where no time stamp proves an earlier one; now when absent. */
  readonly at?: Date;
}

/**
 * Judges every signature of a PDF (ETSI EN 319 102-1, EN 319 142-1) and what was changed after each.
 *
 * The answer is about the file as a whole: `valid` only when every signature is and nothing but allowed changes followed;
 * `unsigned` when there is no signature at all. Runs on the calling thread; for files of strangers use `validateInWorker`.
 *
 * Throws `InvalidInput` `verify/not-a-pdf` for bytes that are no PDF.
 */
export async function validatePdf(bytes: Uint8Array, options: ValidationOptions): Promise<ValidationReport> {
  try {
    return judgeFile(openPdf(bytes), options);
  } catch (error) {
    if (error instanceof EncryptedPdf) return unjudged('indeterminate', 'encrypted');
    if (error instanceof PdfBeyondLimits) return unjudged('indeterminate', 'beyond-limits', error.fault);
    if (!(error instanceof MalformedPdf)) throw error;
    const looksSigned = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('/ByteRange');
    return looksSigned
      ? unjudged('invalid', 'unreadable', error.fault)
      : unjudged('indeterminate', 'unreadable-unsigned', error.fault);
  }
}

/** A report on a file that could not be looked into. */
export function unjudged(verdict: 'invalid' | 'indeterminate', code: ReasonCode, detail?: string): ValidationReport {
  return { verdict, signatures: [], reasons: [reason(code, detail)] };
}

function judgeFile(file: PdfFile, options: ValidationOptions): ValidationReport {
  const fields = signedFields(file.current);
  const removed = removedSignatures(file, fields);
  if (fields.length === 0 && removed.length === 0) {
    return { verdict: 'unsigned', signatures: [], reasons: [reason('unsigned')] };
  }
  const stored = validationData(file);
  const around: Surroundings = {
    anchors: options.anchors,
    timeStampAnchors: options.timeStampAnchors ?? options.anchors,
    untrusted: [...(options.untrusted ?? []), ...stored.certificates],
    crls: [...(options.crls ?? []), ...stored.crls],
    hasValidationData: stored.certificates.length + stored.crls.length > 0,
    requireRevocation: options.requireRevocation ?? false,
    at: options.at ?? new Date(),
    documentTimeStamps: [],
  };
  // Document time stamps first: they prove when the signatures that they cover were there.
  const first = fields.map((field) => judgeSignature(file, field, around));
  const documentTimeStamps = first
    .flatMap(({ stamp, report }) => (stamp && report.verdict === 'valid' ? [stamp] : []))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
  const judged =
    documentTimeStamps.length === 0
      ? first
      : fields.map((field) => judgeSignature(file, field, { ...around, documentTimeStamps }));
  const signatures = withLaterOnes(judged, fields);
  const all = [...signatures.map(({ verdict }) => verdict), ...(removed.length > 0 ? ['invalid' as const] : [])];
  const verdict = all.includes('invalid') ? 'invalid' : all.includes('indeterminate') ? 'indeterminate' : 'valid';
  const reasons =
    removed.length > 0
      ? [reason('signature-removed', removed.join(', '))]
      : verdict === 'valid'
        ? [reason('passed')]
        : decidingReasons(signatures);
  return { verdict, signatures, reasons };
}

/** A signature is not better than those that were added to its file later; and no two fields share one. */
function withLaterOnes(judged: readonly Judged[], fields: readonly SignedField[]): SignatureReport[] {
  const isGood = (number: number) => judged.some(({ value, report }) => value === number && report.verdict === 'valid');
  return judged.map(({ report, value, laterSignatures }) => {
    const reasons = report.reasons.filter(({ code }) => code !== 'passed');
    if (fields.filter((field) => field.value === value).length > 1) reasons.push(reason('signature-reused'));
    if (![...laterSignatures].every(isGood)) reasons.push(reason('later-signature-not-valid'));
    return withVerdict(report, reasons);
  });
}

function decidingReasons(signatures: readonly SignatureReport[]) {
  const [worst] = [...signatures].sort((a, b) => rank(a) - rank(b));
  return worst?.reasons.filter(({ code }) => code !== 'passed') ?? [];
}

const rank = ({ verdict }: SignatureReport) => ['invalid', 'indeterminate', 'valid'].indexOf(verdict);

/** Names of the signatures that an earlier revision had and the file has no more. */
function removedSignatures(file: PdfFile, fields: readonly SignedField[]): string[] {
  const known = new Set(fields.map(({ value }) => value));
  const lost = new Set<string>();
  for (let revision = 0; revision < file.revisions.length - 1; revision++) {
    for (const { name, value } of signedFields(file.at(revision))) if (!known.has(value)) lost.add(name);
  }
  return [...lost];
}

const mostStored = 200;

/** Certificates and CRLs of the document security store (ETSI EN 319 142-1 §5.4.2); material, trusted by nothing. */
function validationData(file: PdfFile): { readonly certificates: Buffer[]; readonly crls: Buffer[] } {
  const view = file.current;
  const store = view.dictionary(view.dictionary(view.trailer.entries.get('Root'))?.entries.get('DSS'));
  const budget = new Budget(defaultLimits);
  const streams = (key: string) =>
    (view.array(store?.entries.get(key)) ?? []).slice(0, mostStored).flatMap((item) => {
      const stream = as('stream', view.resolve(item));
      return stream ? [decodeStructureStream(stream, budget)] : [];
    });
  return { certificates: streams('Certs'), crls: streams('CRLs') };
}
