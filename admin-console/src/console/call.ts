import { locale, t } from '../design/language.ts';
import type { Me } from './me.ts';

/**
 * How a person is spoken to in Vietnamese: officials «anh» or «chị», teachers and principals «thầy» or «cô», by the
 * gender on record; «anh/chị» and «thầy/cô» where none is. English has one word.
 */
export function youOf({ person: { gender }, roles }: Pick<Me, 'person' | 'roles'>): string {
  if (locale() === 'en') return 'you';
  const isTeaching = roles.some(({ role }) => role === 'teacher' || role === 'signer');
  if (gender === 'female') return isTeaching ? 'cô' : 'chị';
  if (gender === 'male') return isTeaching ? 'thầy' : 'anh';
  return isTeaching ? 'thầy/cô' : 'anh/chị';
}

/** The given name, which is the last one. */
export const givenName = (fullName: string): string => fullName.trim().split(/\s+/).at(-1) ?? fullName;

/** `ba` for three; digits above ten, as newspapers write. */
export function inWords(count: number): string {
  const words = t(
    'không một hai ba bốn năm sáu bảy tám chín mười',
    'no one two three four five six seven eight nine ten',
  ).split(' ');
  return words[count] ?? String(count);
}

export const sentence = (words: string): string => words.charAt(0).toLocaleUpperCase('vi') + words.slice(1);
