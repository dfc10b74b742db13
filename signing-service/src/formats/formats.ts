import type { ValidationOptions } from '../validation/options.ts';
import type { ValidationReport } from '../validation/report.ts';
import type { FormatName, SignatureFormat } from './format.ts';
import { pades } from './pades/format.ts';
import { NotAPdf } from './pdf/malformed.ts';

/** Every format, in the order in which a file is asked for. */
const formats: readonly SignatureFormat[] = [pades];

export function formatNamed(name: FormatName): SignatureFormat {
  const found = formats.find((format) => format.name === name);
  if (!found) throw new TypeError(`no format ${name}`);
  return found;
}

/** The format of a file, by how it begins. */
export function formatOf(file: Uint8Array): SignatureFormat | undefined {
  return formats.find((format) => format.recognises(file));
}

/**
 * Judges a file of whatever format. Runs on the calling thread; for files of strangers use a validation pool.
 *
 * @throws InvalidInput `verify/not-a-pdf` for bytes of no format
 */
export async function validateFile(file: Uint8Array, options: ValidationOptions): Promise<ValidationReport> {
  const format = formatOf(file);
  if (!format) throw new NotAPdf();
  return format.validate(file, options);
}
