/**
 * Distinguished names (RFC 4514). ldapts' own `DN` writes names with outer spaces in quotes as LDAPv2 did, leaves NUL as
 * it is, and compares byte for byte; names in a directory have no case.
 */

/** One attribute of one level: `cn=class-TH001-5A`. */
export interface NamePart {
  /** Lower case. */
  readonly type: string;
  readonly value: string;
}

/** One level of a name; more than one part only where somebody else made it so. */
export type Level = readonly NamePart[];

/** Whether a value stands in a name as it is, and folds to its lower case: as nearly all of ours do, millions a night. */
export const isPlain = (value: string) => /^[\w.-]+$/.test(value);

/** RFC 4514 §2.4: a value inside a distinguished name. */
export function escapeValue(value: string): string {
  if (isPlain(value)) return value;
  return value
    .replaceAll(/[\\,+"<>;=]/g, '\\$&')
    .replaceAll('\0', '\\00')
    .replaceAll(/^[ #]| $/g, '\\$&'); // in one pass: a lone space is the first and the last
}

/** The levels of a name, the innermost first; undefined when it is none (RFC 4514 §3). */
export function parseDn(text: string): readonly Level[] | undefined {
  const levels: NamePart[][] = [[]];
  let rest = text.trim();
  if (rest === '') return [];
  for (;;) {
    const type = /^\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)\s*=\s*/.exec(rest);
    if (!type) return undefined;
    rest = rest.slice(type[0].length);
    const read = readValue(rest);
    if (!read) return undefined;
    levels.at(-1)?.push({ type: (type[1] ?? '').toLowerCase(), value: read.value });
    rest = read.rest;
    if (rest === '') return levels;
    if (rest.startsWith(',')) levels.push([]);
    rest = rest.slice(1); // the comma or plus that ended the value
  }
}

/** A value up to the comma or plus that ends it, without its escapes. */
function readValue(text: string): { readonly value: string; readonly rest: string } | undefined {
  const bytes: Buffer[] = [];
  let spaces = 0; // unescaped ones at the end do not count
  let at = 0;
  for (; at < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (character === ',' || character === '+') break;
    if (character === '"' || character === ';' || character === '<' || character === '>' || character === '\0')
      return undefined;
    if (character === '\\') {
      const pair = /^\\([0-9a-fA-F]{2})/.exec(text.slice(at, at + 3));
      const special = /^\\([ "#+,;<=>\\])/.exec(text.slice(at, at + 2));
      if (!pair && !special) return undefined;
      bytes.push(pair ? Buffer.from(pair[1] ?? '', 'hex') : Buffer.from(special?.[1] ?? ''));
      at += pair ? 3 : 2;
      spaces = 0;
      continue;
    }
    bytes.push(Buffer.from(character));
    spaces = character === ' ' ? spaces + 1 : 0;
    at += character.length;
  }
  const whole = Buffer.concat(bytes.slice(0, bytes.length - spaces)).toString('utf8');
  return { value: whole, rest: text.slice(at) };
}

/** How a value compares by caseIgnoreMatch, nearly (RFC 4518): composed, lower case, single spaces. */
export const foldValue = (value: string) =>
  isPlain(value) ? value.toLowerCase() : value.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ');

/** The form in which equal names are equal texts, however they were written; a text that is no name stays as it is. */
export function normalDn(text: string): string {
  const levels = parseDn(text);
  if (!levels) return text;
  return levels
    .map((level) =>
      level
        .map(({ type, value }) => `${type}=${escapeValue(foldValue(value))}`)
        .sort()
        .join('+'),
    )
    .join(',');
}
