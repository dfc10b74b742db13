import type { JudgedFormat } from '../format.ts';
import { validateCades } from './validate.ts';

/** CMS in a file of its own (ETSI EN 319 122-1): `.p7s` beside what it signs, or `.p7m` around it. */
export const cades: JudgedFormat = { recognises: isCms, validate: validateCades };

/** ContentInfo with id-signedData (RFC 5652 §3), whatever way its length is written. */
function isCms(file: Uint8Array): boolean {
  if (file[0] !== 0x30) return false;
  const first = file[1] ?? 0;
  const start = first > 0x80 && first < 0x87 ? 2 + (first & 0x7f) : 2;
  return signedData.every((byte, index) => file[start + index] === byte);
}

/** OBJECT IDENTIFIER 1.2.840.113549.1.7.2. */
const signedData = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
