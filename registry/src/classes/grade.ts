import { InvalidInput } from '@edutrust/platform/errors';

/**
 * The grade of a class, from the nursery up: -3 nhà trẻ (under 3), -2 mầm (3–4), -1 chồi (4–5), 0 lá (5–6), then 1 to 12.
 * Numbers, so that classes sort as a school counts them.
 */
export const youngestGrade = -3;
export const oldestGrade = 12;

/** Without marks, in small letters, one space between words. */
function fold(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[đĐ]/g, 'd')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim();
}

/** What groups of children are called, by age; the first that fits. */
const preschoolWords: readonly (readonly [RegExp, number])[] = [
  [/\bnha tre\b|\bnhom tre\b|\bcom (?:nat|thuong)\b|\bbot\b|\bthang\b|\bnt\b/, -3],
  [/\bmam\b|\b3 4 tuoi\b|\bmau giao be\b|\bmg be\b/, -2],
  [/\bchoi\b|\b4 5 tuoi\b|\bmau giao nho\b|\bmg nho\b/, -1],
  [/\bla\b|\b5 6 tuoi\b|\bmau giao lon\b|\bmg lon\b/, 0],
];

/** What a cell «Khối» says: `Khối 4`, `4`, `Lá`, `Mẫu giáo 3-4 tuổi`, `Nhà trẻ`. Undefined when it is no grade. */
export function parseGrade(text: string): number | undefined {
  const folded = fold(text);
  const number = /^(?:khoi(?: lop)? |lop )?(1[0-2]|0?[1-9])$/.exec(folded);
  if (number) return Number(number[1]);
  return preschoolWords.find(([pattern]) => pattern.test(folded))?.[1];
}

/**
 * The grade that a class's own name shows: `5A`, `12.6`, `10CV1`, `Lớp 3/2`, `Lá 1`. Undefined when it shows none, and
 * then the file's column «Khối» has to.
 */
export function gradeOfClassCode(code: string): number | undefined {
  const folded = fold(code);
  const number = /^(?:lop )?(1[0-2]|[1-9])(?![0-9])/.exec(folded);
  // «3-4 tuổi A» is a group of small children, not grade 3.
  if (number && !/\btuoi\b|\bthang\b/.test(folded)) return Number(number[1]);
  return preschoolWords.find(([pattern]) => pattern.test(folded))?.[1];
}

const longestClassCode = 40;

/**
 * A class's name as a school writes it, kept as it is but for spaces; `6a` is written `6A`, as everybody does.
 *
 * @throws InvalidInput `classes/bad-code`
 */
export function parseClassCode(text: string): string {
  const code = text.normalize('NFC').replaceAll(/\s+/g, ' ').trim();
  if (code === '' || code.length > longestClassCode || /[\p{C}<>{}|\\^~[\]`]/u.test(code)) {
    throw new InvalidInput('classes/bad-code', {
      vi: `Tên lớp có từ 1 đến ${longestClassCode} ký tự, không có ký hiệu lạ.`,
      en: `A class name has 1 to ${longestClassCode} characters and no odd symbols.`,
    });
  }
  return /^\d{1,2}[\p{L}\d/.-]*$/u.test(code) ? code.toUpperCase() : code;
}
