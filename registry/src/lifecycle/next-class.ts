import type { SchoolLevel } from '../tables.ts';

/** The grade after which a school of the level lets its learners go; a school of no known level goes to the end. */
const lastGrades: Readonly<Record<SchoolLevel, number>> = {
  preschool: 0,
  primary: 5,
  'lower-secondary': 9,
  'upper-secondary': 12,
  continuing: 12,
  'multi-level': 12,
};

export const lastGradeOf = (level: SchoolLevel | null): number => (level ? lastGrades[level] : 12);

const groups: readonly (readonly [RegExp, string, string, string])[] = [
  [/nhà trẻ|nhóm trẻ/iu, 'Mầm', 'mầm', 'MẦM'],
  [/mầm/iu, 'Chồi', 'chồi', 'CHỒI'],
  [/chồi/iu, 'Lá', 'lá', 'LÁ'],
];

/**
 * What a class is likely to be called a year later: `5A` → `6A`, `10CV1` → `11CV1`, `Lớp 3/2` → `Lớp 4/2`, `Mầm 1` →
 * `Chồi 1`. A name that shows no grade stays: `Hoa Mai`. A person looks over it.
 */
export function nextClassCode(code: string, grade: number): string {
  const name = code.normalize('NFC');
  if (grade >= 1) {
    const number = new RegExp(`^((?:lớp )?)0?${grade}(?![0-9])`, 'iu');
    return name.replace(number, (_found, before: string) => `${before}${grade + 1}`);
  }
  for (const [pattern, title, small, large] of groups) {
    const found = pattern.exec(name)?.[0];
    if (found === undefined) continue;
    const next = found === found.toUpperCase() ? large : found === found.toLowerCase() ? small : title;
    return name.replace(found, next);
  }
  return name;
}
