import type { JudgedFormat } from '../format.ts';
import { validatePdf } from './validate.ts';

/** PDF, as it is judged (ETSI EN 319 142-1). */
export const judgedPades: JudgedFormat = {
  recognises: (file) => Buffer.from(file.buffer, file.byteOffset, Math.min(file.byteLength, 5)).equals(head),
  validate: validatePdf,
};

const head = Buffer.from('%PDF-', 'latin1');
