import type { ReasonCode } from '../../validation/reasons.ts';
import type { PdfFile } from '../pdf/document.ts';
import { as, type PdfDictionary } from '../pdf/object.ts';

/** The signed bytes of a signature dictionary, checked against the file. */
export type SignedRange =
  | {
      readonly ok: true;
      /** Index of the revision that was signed. */
      readonly revision: number;
      /** Where the signed bytes end. */
      readonly length: number;
      readonly parts: readonly [Buffer, Buffer];
      /** The CMS or token with the zeros behind it. */
      readonly contents: Buffer;
    }
  | { readonly ok: false; readonly code: ReasonCode; readonly detail: string };

/**
 * Holds a `/ByteRange` to the letter (ISO 32000-1 §12.8.1, ETSI EN 319 142-1 §5.2): four integers, from the first byte,
 * without a gap but `/Contents` with its delimiters, to the end of the revision that the dictionary stands in.
 */
export function checkByteRange(
  file: PdfFile,
  signature: PdfDictionary,
  place: { readonly start: number; readonly end: number },
): SignedRange {
  const refuse = (code: ReasonCode, detail: string): SignedRange => ({ ok: false, code, detail });
  const { bytes, revisions } = file;
  const items = as('array', signature.entries.get('ByteRange'))?.items ?? [];
  const numbers = items.map((item) => {
    const number = as('number', item);
    return number && /^\d{1,10}$/u.test(number.text) ? number.value : -1;
  });
  const [start = -1, firstLength = -1, secondStart = -1, secondLength = -1] = numbers;
  if (numbers.length !== 4 || numbers.includes(-1)) return refuse('byte-range-malformed', 'not four integers');
  const end = secondStart + secondLength;
  if (start !== 0 || firstLength === 0 || secondStart <= firstLength || end > bytes.length) {
    return refuse('byte-range-malformed', `[${numbers.join(' ')}]`);
  }
  const contents = as('string', signature.entries.get('Contents'));
  if (!contents?.isHex || contents.start !== firstLength || contents.end !== secondStart) {
    return refuse('byte-range-gap', `/Contents from ${contents?.start} to ${contents?.end}`);
  }
  if (contents.end - contents.start - 2 !== contents.bytes.length * 2) {
    return refuse('byte-range-gap', 'more than digits in /Contents');
  }
  const revision = revisions.findIndex(
    (candidate) =>
      end >= candidate.end &&
      /^(?:|\r\n|\r|\n)$/u.test(bytes.toString('latin1', candidate.end, Math.min(end, candidate.end + 3))),
  );
  const signed = revisions[revision];
  if (!signed) return refuse('byte-range-not-a-revision', `signed up to byte ${end}`);
  if (place.start < signed.start || place.end > signed.end) {
    return refuse('byte-range-not-a-revision', 'the signature stands in another revision');
  }
  return {
    ok: true,
    revision,
    length: end,
    parts: [bytes.subarray(0, firstLength), bytes.subarray(secondStart, end)],
    contents: contents.bytes,
  };
}
