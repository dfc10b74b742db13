import type { JudgedFormat } from '../format.ts';
import { validateXades } from './validate.ts';

/** XML, as it is judged (ETSI EN 319 132-1): with signatures in it, around what they sign, or beside it. */
export const judgedXades: JudgedFormat = {
  // A page of the web is none: it begins with its document type, or with `html`.
  recognises: (file) => /^\uFEFF?\s*<(?:!--|\?|(?!html\b)[A-Za-z_])/u.test(headOf(file)),
  validate: validateXades,
};

const headOf = (file: Uint8Array) => Buffer.from(file.subarray(0, 200)).toString('utf8');
