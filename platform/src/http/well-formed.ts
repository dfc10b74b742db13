import { isUtf8 } from 'node:buffer';
import { InvalidInput } from '../errors.ts';

const hex = /^[0-9a-fA-F]{2}$/;

/**
 * Whether an address or a form says text: percent-encoded octets that are UTF-8 (RFC 3986 §2.5) and no NUL. Neither can
 * be stored, and what cannot be stored must not get as far as a database (E14).
 */
export function isWellFormedText(encoded: string): boolean {
  if (encoded.includes('\0') || !encoded.isWellFormed()) return false;
  if (!encoded.includes('%')) return true;
  const octets: number[] = [];
  for (let at = encoded.indexOf('%'); at >= 0; at = encoded.indexOf('%', at)) {
    // One run of octets at a time: a character's octets stand together.
    octets.length = 0;
    while (encoded[at] === '%' && hex.test(encoded.slice(at + 1, at + 3))) {
      octets.push(Number.parseInt(encoded.slice(at + 1, at + 3), 16));
      at += 3;
    }
    if (octets.includes(0) || !isUtf8(Buffer.from(octets))) return false;
    if (octets.length === 0) at += 1; // a lone percent sign is itself
  }
  return true;
}

/** Deeper than anything that is asked for; whatever walks a body by recursion stays far from the end of the stack (E8). */
const deepest = 64;

/**
 * Where in a parsed body a name or a value holds NUL or half of a character (a lone surrogate), as a JSON Pointer.
 *
 * @throws InvalidInput `request/too-deep` for more than 64 levels
 */
export function illFormedAt(value: unknown, pointer = '', depth = 0): string | undefined {
  if (depth > deepest) throw tooDeep();
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? pointer || '/' : undefined;
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const place = `${pointer}/${illFormedAt(name) ? '?' : name.slice(0, 60)}`;
    const found = illFormedAt(name, place) ?? illFormedAt(inner, place, depth + 1);
    if (found) return found;
  }
  return undefined;
}

const tooDeep = () =>
  new InvalidInput('request/too-deep', {
    vi: `Yêu cầu lồng nhau quá ${deepest} tầng.`,
    en: `The request is nested deeper than ${deepest} levels.`,
  });

export function illFormed(pointer: string): InvalidInput {
  const detail = {
    vi: 'Yêu cầu có ký tự không hợp lệ (NUL hoặc nửa ký tự Unicode).',
    en: 'The request contains an invalid character (NUL, or half of a Unicode character).',
  };
  return new InvalidInput('request/ill-formed-text', detail, { fields: [{ pointer, detail }] });
}
