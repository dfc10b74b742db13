import { setImmediate } from 'node:timers/promises';

/** Rounds between two looks at what else the process has to do: a few milliseconds. */
const roundsAtOnce = 16;

/** The first words of the fractional part of π: what Blowfish's boxes are filled with (Schneier, 1993). */
function wordsOfPi(count: number): Uint32Array {
  const guard = 64n;
  const bits = BigInt(count) * 32n + guard;
  const inverse = (x: bigint) => {
    let power = (1n << bits) / x;
    let sum = power;
    for (let n = 3n; power !== 0n; n += 2n) {
      power /= -x * x;
      sum += power / n;
    }
    return sum;
  };
  const pi = 16n * inverse(5n) - 4n * inverse(239n); // Machin
  const hex = ((pi & ((1n << bits) - 1n)) >> guard).toString(16).padStart(count * 8, '0');
  return Uint32Array.from({ length: count }, (_, index) => Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16));
}

const subkeys = 18;
let boxes: Uint32Array | undefined;

/** A Blowfish state: eighteen subkeys, and four boxes of 256 words. */
class Blowfish {
  readonly #p: Int32Array;
  readonly #s: Int32Array;
  #left = 0;
  #right = 0;

  constructor() {
    boxes ??= wordsOfPi(subkeys + 4 * 256);
    this.#p = Int32Array.from(boxes.subarray(0, subkeys));
    this.#s = Int32Array.from(boxes.subarray(subkeys));
  }

  #encipher(): void {
    const p = this.#p;
    const s = this.#s;
    // typed arrays of these lengths have every index that is read here
    const at = (array: Int32Array, index: number) => array[index] as number;
    let left = this.#left ^ at(p, 0);
    let right = this.#right;
    for (let round = 1; round <= 16; round += 2) {
      right ^=
        (((at(s, left >>> 24) + at(s, 256 + ((left >>> 16) & 255))) ^ at(s, 512 + ((left >>> 8) & 255))) +
          at(s, 768 + (left & 255))) ^
        at(p, round);
      left ^=
        (((at(s, right >>> 24) + at(s, 256 + ((right >>> 16) & 255))) ^ at(s, 512 + ((right >>> 8) & 255))) +
          at(s, 768 + (right & 255))) ^
        at(p, round + 1);
    }
    this.#left = right ^ at(p, 17);
    this.#right = left;
  }

  /** `ExpandKey` of bcrypt (Provos and Mazières, 1999, §4); without salt it is Blowfish's own. */
  expand(key: Int32Array, salt: Int32Array): void {
    for (let index = 0; index < subkeys; index += 1) this.#p[index] = (this.#p[index] ?? 0) ^ (key[index] ?? 0);
    this.#left = 0;
    this.#right = 0;
    let taken = 0;
    for (const box of [this.#p, this.#s]) {
      for (let index = 0; index < box.length; index += 2) {
        this.#left ^= salt[taken & 3] ?? 0;
        this.#right ^= salt[(taken + 1) & 3] ?? 0;
        taken += 2;
        this.#encipher();
        box[index] = this.#left;
        box[index + 1] = this.#right;
      }
    }
  }

  encrypt(words: Int32Array, times: number): void {
    for (let pair = 0; pair < words.length; pair += 2) {
      this.#left = words[pair] ?? 0;
      this.#right = words[pair + 1] ?? 0;
      for (let time = 0; time < times; time += 1) this.#encipher();
      words[pair] = this.#left;
      words[pair + 1] = this.#right;
    }
  }
}

const wordsOf = (bytes: Buffer) =>
  Int32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readInt32BE(index * 4));
const magic = Buffer.from('OrpheanBeholderScryDoubt');
/** bcrypt looks at so many bytes of a password and no further. */
const longestKey = 72;

/**
 * bcrypt's 23 octets of a password, with 2^cost rounds; other work of the process goes on between them.
 *
 * @param salt 16 octets
 */
export async function bcrypt(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  const text = Buffer.from(`${password}\0`).subarray(0, longestKey);
  const key = wordsOf(
    Buffer.from(Uint8Array.from({ length: subkeys * 4 }, (_, index) => text[index % text.length] ?? 0)),
  );
  const saltWords = wordsOf(salt);
  const saltAsKey = Int32Array.from({ length: subkeys }, (_, index) => saltWords[index & 3] ?? 0);
  const none = new Int32Array(4);
  const state = new Blowfish();
  state.expand(key, saltWords);
  for (let round = 0; round < 2 ** cost; round += 1) {
    if (round % roundsAtOnce === 0) await setImmediate();
    state.expand(key, none);
    state.expand(saltAsKey, none);
  }
  const words = wordsOf(magic);
  state.encrypt(words, 64);
  const result = Buffer.alloc(24);
  for (const [index, word] of words.entries()) result.writeInt32BE(word, index * 4);
  return result.subarray(0, 23);
}
