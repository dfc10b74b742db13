import type { ValidationOptions } from '../validation/options.ts';
import type { ValidationReport } from '../validation/report.ts';
import { asic } from './asic/format.ts';
import { cades } from './cades/format.ts';
import type { FormatName, JudgedFormat, SignatureFormat } from './format.ts';
import { pades } from './pades/format.ts';
import { NotAPdf } from './pdf/malformed.ts';

/** What requests are signed in. */
const formats: readonly SignatureFormat[] = [pades];
/** What is judged, in the order in which a file is asked for. */
const judged: readonly JudgedFormat[] = [...formats, cades, asic];

export function formatNamed(name: FormatName): SignatureFormat {
  const found = formats.find((format) => format.name === name);
  if (!found) throw new TypeError(`no format ${name}`);
  return found;
}

/** The format that a file can be signed in as it is, by how it begins. */
export function formatOf(file: Uint8Array): SignatureFormat | undefined {
  return formats.find((format) => format.recognises(file));
}

/**
 * Judges a file of whatever format. Runs on the calling thread; for files of strangers use a validation pool.
 *
 * @throws InvalidInput `verify/not-a-pdf` for bytes of no format
 */
export async function validateFile(file: Uint8Array, options: ValidationOptions): Promise<ValidationReport> {
  const format = judged.find((candidate) => candidate.recognises(file));
  if (!format) throw new NotAPdf();
  return format.validate(file, options);
}
