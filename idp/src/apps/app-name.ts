import { InvalidInput } from '@edutrust/platform/errors';

/** What shows nothing, turns the direction of what follows, or begins a line of its own (UAX #9, UTS #39 §3.1). */
const unseen = /[\p{C}\p{Zl}\p{Zp}]|(?=\P{M})\p{Default_Ignorable_Code_Point}/u;
/** Scripts whose letters are taken for Latin ones (UTS #39 §4); no name in Viet Nam needs them. */
const lookAlike =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/u;

/** Letters of another shape that mean plain ones: fullwidth, mathematical. */
const isDressed = (letter: string) => letter.normalize('NFKC') !== letter;

/** Without case, marks and all that is between letters. */
const bare = (name: string) =>
  name
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();

/**
 * The name of an app as people read it before they agree: nothing in it hides or turns what stands beside it, and it does
 * not pass for another name by its letters, nor for ours.
 *
 * @throws InvalidInput `apps/bad-name`
 */
export function parseAppName(text: string): string {
  const name = text.normalize('NFC').trim();
  const isPlain =
    name !== '' && !unseen.test(name) && !lookAlike.test(name) && !(name.match(/\p{L}/gu) ?? []).some(isDressed);
  if (isPlain && !bare(name).includes('edutrust')) return name;
  const detail = {
    vi: 'Tên này không dùng được: không có ký tự ẩn, không dùng chữ nhìn giống chữ Latin, không mang tên EduTrust.',
    en: 'This name cannot be used: no hidden characters, no letters that look like Latin ones, and not the name EduTrust.',
  };
  throw new InvalidInput('apps/bad-name', detail, { fields: [{ pointer: '/name', detail }] });
}
