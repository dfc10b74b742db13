import { DerError, element, tag } from '../der/der.ts';

/** A signature may carry whole revocation lists. */
const mostElements = 400_000;
const deepest = 32;

/**
 * The DER of a BER encoding, as far as CMS needs it (RFC 5652 §2): indefinite and long lengths become the shortest ones,
 * a string in pieces becomes one. What is DER already is given back as it is, byte for byte; nothing is sorted, and the
 * contents of primitive elements are not touched.
 *
 * With `padding`, zeros may follow, as in `/Contents` of a PDF; nothing else may, since something could hide there.
 *
 * @throws DerError
 */
export function derOfBer(bytes: Buffer, padding: 'zeros' | 'none'): Buffer {
  const reader = new BerReader(bytes);
  const { der, end } = reader.read(0, bytes.length, 0);
  const rest = bytes.subarray(end);
  if (padding === 'none' ? rest.length > 0 : rest.some((byte) => byte !== 0))
    throw new DerError('bytes behind the signature');
  return der;
}

/** An element rewritten, and where it ended. */
interface Rewritten {
  readonly der: Buffer;
  readonly contents: Buffer;
  readonly end: number;
}

class BerReader {
  readonly #bytes: Buffer;
  #elements = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(at: number, limit: number, depth: number): Rewritten {
    this.#elements += 1;
    if (this.#elements > mostElements || depth > deepest) throw new DerError('too many elements');
    const tagByte = this.#bytes[at];
    if (tagByte === undefined || at + 2 > limit || (tagByte & 0x1f) === 0x1f) throw new DerError('no element');
    const { length, start, isShortest } = this.#length(at + 1, limit);
    const isConstructed = (tagByte & 0x20) !== 0;
    if (length === undefined && !isConstructed) throw new DerError('a primitive element without a length');
    const end = length === undefined ? limit : start + length;
    if (end > limit) throw new DerError('longer than its surroundings');
    if (!isConstructed) {
      const contents = this.#bytes.subarray(start, end);
      return { der: isShortest ? this.#bytes.subarray(at, end) : element(tagByte, contents), contents, end };
    }
    const { children, end: childrenEnd } = this.#children(start, end, length === undefined, depth);
    // Strings in pieces (X.690 §8.7.3): only OCTET STRINGs, the content and the signature; nothing else comes so.
    if (tagByte === (tag.octetString | 0x20)) {
      if (children.some(({ der }) => der[0] !== tag.octetString)) throw new DerError('a string of other pieces');
      const contents = Buffer.concat(children.map((child) => child.contents));
      return { der: element(tag.octetString, contents), contents, end: childrenEnd };
    }
    const isAsItWas = length !== undefined && isShortest && children.every(({ isSame }) => isSame);
    const contents = isAsItWas ? this.#bytes.subarray(start, end) : Buffer.concat(children.map(({ der }) => der));
    return { der: isAsItWas ? this.#bytes.subarray(at, end) : element(tagByte, contents), contents, end: childrenEnd };
  }

  #children(start: number, limit: number, isIndefinite: boolean, depth: number) {
    const children: (Rewritten & { readonly isSame: boolean })[] = [];
    let at = start;
    for (;;) {
      if (isIndefinite && this.#bytes[at] === 0 && this.#bytes[at + 1] === 0 && at + 2 <= limit)
        return { children, end: at + 2 };
      if (at === limit) {
        if (isIndefinite) throw new DerError('an element without its end');
        return { children, end: at };
      }
      const child = this.read(at, limit, depth + 1);
      children.push({ ...child, isSame: child.der.equals(this.#bytes.subarray(at, child.end)) });
      at = child.end;
    }
  }

  /** `undefined` for the indefinite form (X.690 §8.1.3). */
  #length(at: number, limit: number): { length: number | undefined; start: number; isShortest: boolean } {
    const first = this.#bytes[at] ?? 0;
    if (first < 0x80) return { length: first, start: at + 1, isShortest: true };
    if (first === 0x80) return { length: undefined, start: at + 1, isShortest: false };
    const count = first & 0x7f;
    if (count > 6 || at + 1 + count > limit) throw new DerError('a length that is too long');
    const length = this.#bytes.readUIntBE(at + 1, count);
    const isShortest = length >= 0x80 && this.#bytes[at + 1] !== 0;
    return { length, start: at + 1 + count, isShortest };
  }
}
