import { randomBytes } from 'node:crypto';

/**
 * Shamir's secret sharing over GF(2⁸) with the polynomial of AES (Shamir 1979; FIPS 197 §4): each byte of the secret is
 * the value at 0 of a random polynomial of degree `threshold − 1`; share `x` is its value at `x`. Fewer shares than the
 * threshold tell nothing at all about the secret.
 */
export interface Share {
  /** 1 to 255. */
  readonly x: number;
  readonly bytes: Buffer;
}

const exponents = new Uint8Array(510);
const logarithms = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  exponents[power] = value;
  exponents[power + 255] = value;
  logarithms[value] = power;
  value ^= value << 1; // times 3, a generator
  if (value > 255) value ^= 0x11b;
}

function multiply(one: number, other: number): number {
  if (one === 0 || other === 0) return 0;
  return exponents[(logarithms[one] ?? 0) + (logarithms[other] ?? 0)] ?? 0;
}

function divide(one: number, other: number): number {
  if (one === 0) return 0;
  return exponents[(logarithms[one] ?? 0) + 255 - (logarithms[other] ?? 0)] ?? 0;
}

/** @throws RangeError unless 1 < threshold ≤ count ≤ 255. */
export function split(secret: Uint8Array, threshold: number, count: number): Share[] {
  if (!Number.isInteger(threshold) || !Number.isInteger(count) || threshold < 2 || threshold > count || count > 255) {
    throw new RangeError('a threshold from 2 to the number of shares, and at most 255 shares');
  }
  const shares = Array.from({ length: count }, (_, index) => ({ x: index + 1, bytes: Buffer.alloc(secret.length) }));
  for (let at = 0; at < secret.length; at += 1) {
    const coefficients = randomBytes(threshold);
    coefficients[0] = secret[at] ?? 0;
    for (const { x, bytes } of shares) {
      bytes[at] = coefficients.reduceRight((value, coefficient) => multiply(value, x) ^ coefficient, 0); // Horner
    }
  }
  return shares;
}

/** The secret of at least `threshold` shares; of fewer, or of wrong ones, other bytes. @throws RangeError for two of one x. */
export function combine(shares: readonly Share[]): Buffer {
  const xs = shares.map(({ x }) => x);
  if (new Set(xs).size !== xs.length || xs.includes(0)) throw new RangeError('each share once');
  const secret = Buffer.alloc(shares[0]?.bytes.length ?? 0);
  for (const { x, bytes } of shares) {
    const weight = xs
      .filter((other) => other !== x)
      .reduce((product, other) => multiply(product, divide(other, other ^ x)), 1);
    for (let at = 0; at < secret.length; at += 1) secret[at] = (secret[at] ?? 0) ^ multiply(weight, bytes[at] ?? 0);
  }
  return secret;
}
