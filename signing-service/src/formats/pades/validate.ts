import type { ValidationOptions } from '../../validation/options.ts';
import { reason } from '../../validation/reasons.ts';
import type { SignatureReport, ValidationReport } from '../../validation/report.ts';
import { type Material, surroundingsOf } from '../../validation/surroundings.ts';
import { fileReport, unjudged, withVerdict } from '../../validation/verdict.ts';
import { openPdf, type PdfFile } from '../pdf/document.ts';
import { decodeStructureStream } from '../pdf/filters.ts';
import { Budget, defaultLimits } from '../pdf/limits.ts';
import { EncryptedPdf, MalformedPdf, PdfBeyondLimits } from '../pdf/malformed.ts';
import { as } from '../pdf/object.ts';
import { type SignedField, signedFields } from './fields.ts';
import { isDocumentTimeStamp, type Judged, judgeField, type PdfSurroundings } from './judge.ts';

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
    return judgeFile(openPdf(bytes, { password: options.password ?? '' }), options);
  } catch (error) {
    if (error instanceof EncryptedPdf) return unjudged('encrypted');
    if (error instanceof PdfBeyondLimits) return unjudged('beyond-limits', error.fault);
    if (!(error instanceof MalformedPdf)) throw error;
    const looksSigned = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('/ByteRange');
    return unjudged(looksSigned ? 'unreadable' : 'unreadable-unsigned', error.fault);
  }
}

function judgeFile(file: PdfFile, options: ValidationOptions): ValidationReport {
  const fields = signedFields(file.current);
  const removed = removedSignatures(file, fields);
  if (fields.length === 0 && removed.length === 0) {
    return { verdict: 'unsigned', signatures: [], reasons: [reason('unsigned')] };
  }
  const given: PdfSurroundings = {
    around: surroundingsOf(options),
    stored: validationData(file),
    documentTimeStamps: [],
  };
  // Document time stamps first: they prove when the signatures that they cover were there.
  const isStamp = new Set(fields.filter((field) => isDocumentTimeStamp(file, field)));
  const stamps = new Map([...isStamp].map((field) => [field, judgeField(file, field, given)]));
  const documentTimeStamps = [...stamps.values()]
    .flatMap(({ stamp }) => (stamp ? [stamp] : []))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
  const judged = fields.map((field) => stamps.get(field) ?? judgeField(file, field, { ...given, documentTimeStamps }));
  const signatures = inOrder(withLaterOnes(judged, fields));
  const { verdict, reasons } = fileReport(signatures, decidingOnes(signatures));
  return removed.length > 0
    ? { verdict: 'invalid', signatures, reasons: [reason('signature-removed', removed.join(', '))] }
    : { verdict, signatures, reasons };
}

/** As they were put on the file, one after another: fields that waited for their signers may stand in the form in another order. */
function inOrder(signatures: readonly SignatureReport[]): SignatureReport[] {
  const lengthOf = ({ revisionLength }: SignatureReport) => revisionLength ?? Number.MAX_SAFE_INTEGER;
  return signatures.toSorted((one, other) => lengthOf(one) - lengthOf(other));
}

/**
 * The signatures that decide about the file: those of people and organisations. A document time stamp that proves nothing
 * takes nothing away from them (ETSI EN 319 102-1 §5.5); one that shows a change does.
 */
function decidingOnes(signatures: readonly SignatureReport[]): readonly SignatureReport[] {
  const decides = ({ format, intact }: SignatureReport) => format !== 'document-time-stamp' || intact === false;
  return signatures.some(({ format }) => format !== 'document-time-stamp') ? signatures.filter(decides) : signatures;
}

/** A signature is not better than those that were added to its file later; and no two fields share one. */
function withLaterOnes(judged: readonly Judged[], fields: readonly SignedField[]): SignatureReport[] {
  const isGood = (number: number) =>
    judged.some(
      ({ value, report }) =>
        value === number &&
        (report.format === 'document-time-stamp' ? report.intact === true : report.verdict === 'valid'),
    );
  return judged.map(({ report, value, laterSignatures }) => {
    const reasons = report.reasons.filter(({ code }) => code !== 'passed');
    if (fields.filter((field) => field.value === value).length > 1) reasons.push(reason('signature-reused'));
    if (![...laterSignatures].every(isGood)) reasons.push(reason('later-signature-not-valid'));
    return withVerdict(report, reasons);
  });
}

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

/** Certificates, CRLs and OCSP responses of the document security store (ETSI EN 319 142-1 §5.4.2); material, trusted by nothing. */
function validationData(file: PdfFile): Material {
  const view = file.current;
  const store = view.dictionary(view.dictionary(view.trailer.entries.get('Root'))?.entries.get('DSS'));
  const budget = new Budget(defaultLimits);
  const streams = (key: string) =>
    (view.array(store?.entries.get(key)) ?? []).slice(0, mostStored).flatMap((item) => {
      const stream = as('stream', view.resolve(item));
      return stream ? [decodeStructureStream(stream, budget)] : [];
    });
  return { untrusted: streams('Certs'), crls: streams('CRLs'), ocsp: streams('OCSPs') };
}
