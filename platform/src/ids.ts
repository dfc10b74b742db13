import { randomBytes, randomFillSync, randomInt } from 'node:crypto';

declare const brand: unique symbol;
/** A string that only its own parser makes, so that two kinds of identifier cannot be swapped. */
export type Brand<Name extends string> = string & { readonly [brand]: Name };

/** The last identifier's time and counter: identifiers of one process are in the order in which they were made. */
let last = { milliseconds: 0, counter: 0 };

/**
 * A UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, a 12-bit counter within the millisecond (§6.2 method 1), then
 * 62 random bits. The primary key of every table, because rows that are made together lie together in the index.
 */
export function uuidv7(now: number = Date.now()): string {
  const isLater = now > last.milliseconds;
  const counter = isLater ? randomInt(0x400) : last.counter + 1;
  last =
    counter > 0xfff
      ? { milliseconds: last.milliseconds + 1, counter: 0 }
      : { milliseconds: isLater ? now : last.milliseconds, counter };
  const bytes = Buffer.alloc(16);
  randomFillSync(bytes, 8);
  bytes.writeUIntBE(last.milliseconds, 0, 6);
  bytes.writeUInt16BE(0x7000 | last.counter, 6);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text is a UUID in its canonical lower-case form. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** Crockford's base 32, without I, L, O and U: what is read off paper or said on the telephone cannot be mistaken. */
export const sayableAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Random letters of {@link sayableAlphabet}, five bits each. */
export function sayable(length: number): string {
  let letters = '';
  for (const byte of randomBytes(length)) letters += sayableAlphabet[byte & 31]; // 256 is a multiple of 32: no bias
  return letters;
}

/** What {@link sayable} made, as people type it: as {@link readTypable} does, and O for 0, I and L for 1. Any other text stays wrong. */
export function readSayable(typed: string): string {
  return readTypable(typed).replaceAll('O', '0').replaceAll(/[IL]/g, '1');
}

/** Neither 0 and O nor 1, I and L, nor U: what a child types off a slip can be read in one way only. */
const typableAlphabet = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Random letters for what children type, 4.9 bits each. */
export function typable(length: number): string {
  return Array.from({ length }, () => typableAlphabet[randomInt(typableAlphabet.length)]).join('');
}

/** What {@link typable} made, as people type it: any case, any separators. Any other text stays wrong. */
export function readTypable(typed: string): string {
  return typed
    .slice(0, 60)
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s.–-]/g, '');
}

/** The name of a request, which a person tells who looks for it in the log: `7KQ4-M2XA`. */
export const requestId = (): string => `${sayable(4)}-${sayable(4)}`;
