import { type Agreement, agreementOf } from '../templates/school-report/agreement.ts';
import type { ValidationOptions } from '../validation/options.ts';
import type { ValidationReport } from '../validation/report.ts';
import { judgedAsic } from './asic/judged.ts';
import { validateAsic } from './asic/validate.ts';
import { cades } from './cades/format.ts';
import { bytesAt, type Content, isHeld } from './content.ts';
import type { JudgedFormat } from './format.ts';
import { jades } from './jades/format.ts';
import { judgedPades } from './pades/judged.ts';
import { NotAPdf } from './pdf/malformed.ts';
import { judgedXades } from './xades/judged.ts';

/** What is judged, in the order in which a file is asked for. */
const judged: readonly JudgedFormat[] = [judgedPades, judgedAsic, judgedXades, cades, jades];

/**
 * Judges a file of whatever format, in memory, or a container that is read piece by piece; with the other form of a school report beside it also whether the two belong together. Runs on the calling thread; for files of strangers use a validation pool. Nothing behind
 * it makes signatures, so that a browser loads the judge alone (ADR 0198).
 *
 * @throws InvalidInput `verify/not-a-pdf` for bytes of no format
 */
export async function validateFile(file: Content, options: ValidationOptions): Promise<ValidationReport> {
  if (!isHeld(file)) {
    if (file.length < 4 || !judgedAsic.recognises(bytesAt(file, 0, 4))) throw new NotAPdf();
    return validateAsic(file, options);
  }
  const format = judged.find((candidate) => candidate.recognises(file));
  if (!format) throw new NotAPdf();
  const report = await format.validate(file, options);
  const otherForm = options.content && isHeld(options.content) && otherFormOf(file, options.content);
  return otherForm ? { ...report, otherForm } : report;
}

/** Whether a PDF and an XML are the two forms of one school report; undefined when they are something else. */
function otherFormOf(file: Uint8Array, beside: Uint8Array): Agreement | undefined {
  const [pdf, xml] = judgedPades.recognises(file) ? [file, beside] : [beside, file];
  if (!judgedPades.recognises(pdf) || !judgedXades.recognises(xml)) return undefined;
  const found = agreementOf(pdf, xml);
  return !found.agrees && found.fault === 'not-bound' ? undefined : found;
}
