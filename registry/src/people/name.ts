import { InvalidInput } from '@edutrust/platform/errors';

const longestName = 120;

/**
 * A person's full name as it is kept: NFC, single spaces, no control or direction characters.
 *
 * @throws InvalidInput `people/bad-name`
 */
export function parseFullName(text: string): string {
  const name = text.normalize('NFC').replaceAll(/\s+/g, ' ').trim();
  if (
    name === '' ||
    name.length > longestName ||
    /[\p{Cc}\p{Cf}\p{Co}\p{Cn}<>{}|\\^~[\]`]/u.test(name) ||
    !/\p{L}/u.test(name)
  ) {
    throw new InvalidInput('people/bad-name', {
      vi: `Họ và tên phải có chữ, dài nhất ${longestName} ký tự, không có ký hiệu lạ.`,
      en: `A full name has letters, at most ${longestName} characters and no odd symbols.`,
    });
  }
  return name;
}

/** Family name first, given name last: `Đặng Thị Ánh Nguyệt` → `Nguyệt`. A name of one word is both. */
export function splitName(fullName: string): {
  readonly familyName: string;
  readonly middleName: string;
  readonly givenName: string;
} {
  const words = fullName.split(' ');
  const givenName = words.at(-1) ?? '';
  const familyName = words.length > 1 ? (words[0] ?? '') : givenName;
  return { familyName, middleName: words.slice(1, -1).join(' '), givenName };
}

const collator = new Intl.Collator('vi');

/** Class lists are sorted by given name, then by the rest, in Vietnamese order. */
export function compareByGivenName(one: string, other: string): number {
  return collator.compare(splitName(one).givenName, splitName(other).givenName) || collator.compare(one, other);
}

/**
 * A calendar day between 1900 and today plus a day.
 *
 * @throws InvalidInput `people/bad-birth-date`
 */
export function parseBirthDate(text: string): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  const date = match ? new Date(`${text}T00:00:00Z`) : undefined;
  const isReal = date && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
  if (!isReal || date.getUTCFullYear() < 1900 || date.getTime() > Date.now() + 86_400_000) {
    throw new InvalidInput('people/bad-birth-date', {
      vi: `Không có ngày sinh ${text.slice(0, 20)}.`,
      en: `There is no birth date ${text.slice(0, 20)}.`,
    });
  }
  return text;
}
