import { shake128, shake256 } from '@noble/hashes/sha3.js';
import { Buffer } from './buffer.ts';

/** Verification of ML-DSA (FIPS 204, algorithms 3 and 8) in its pure form with an empty context, as RFC 9881 and RFC 9882 use it. */

const q = 8_380_417;
const n = 256;
/** Bits that are dropped from t. */
const d = 13;

/** FIPS 204 §4, table 1; `gamma1` as its exponent, `gamma2` as the divisor of q − 1. */
interface ParameterSet {
  readonly k: number;
  readonly l: number;
  readonly eta: number;
  readonly tau: number;
  readonly lambda: number;
  readonly gamma1: number;
  readonly gamma2: number;
  readonly omega: number;
}

const sets = {
  'ml-dsa-44': { k: 4, l: 4, eta: 2, tau: 39, lambda: 128, gamma1: 17, gamma2: 88, omega: 80 },
  'ml-dsa-65': { k: 6, l: 5, eta: 4, tau: 49, lambda: 192, gamma1: 19, gamma2: 32, omega: 55 },
  'ml-dsa-87': { k: 8, l: 7, eta: 2, tau: 60, lambda: 256, gamma1: 19, gamma2: 32, omega: 75 },
} as const satisfies Record<string, ParameterSet>;
export type MlDsaSet = keyof typeof sets;

/** A polynomial's coefficients, from 0 to q − 1 where nothing else is said. */
type Polynomial = Int32Array;
interface Xof {
  xof(bytes: number): Uint8Array;
}

/** Octets of a public key. */
export const mlDsaKeyBytes = (set: MlDsaSet): number => 32 + 320 * sets[set].k;

export function verifyMlDsa(set: MlDsaSet, key: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  const parameters = sets[set];
  const { k, l, tau, eta, lambda, omega } = parameters;
  const bits = parameters.gamma1 + 1; // of a coefficient of z
  if (signature.length !== lambda / 4 + 32 * l * bits + omega + k) return false;
  const challenge = signature.subarray(0, lambda / 4);
  const gamma1 = 2 ** parameters.gamma1;
  const z = unpacked(signature.subarray(lambda / 4), l, bits).map((one) => one.map((value) => gamma1 - value));
  if (z.some((one) => one.some((value) => Math.abs(value) >= gamma1 - tau * eta))) return false;
  const hints = readHints(signature.subarray(signature.length - omega - k), parameters);
  if (!hints) return false;
  const t1 = unpacked(key.subarray(32), k, 10).map((one) => transformed(one.map((value) => value * 2 ** d)));
  const zHat = z.map((one) => transformed(one.map((value) => (value + q) % q)));
  const c = transformed(sampleInBall(challenge, tau));
  const w1 = hints.map((hint, row) => {
    const sum = new Int32Array(n);
    for (const [column, factor] of zHat.entries())
      addProduct(sum, sampled(key.subarray(0, 32), column, row), factor, 1);
    addProduct(sum, c, t1[row] ?? sum, -1);
    return useHint(transformedBack(sum), hint, parameters);
  });
  const tr = shake256(key, { dkLen: 64 });
  const message = shake256(Buffer.concat([tr, Uint8Array.of(0, 0), data]), { dkLen: 64 }); // pure, context of no octets
  const width = parameters.gamma2 === 88 ? 6 : 4;
  const found = shake256(Buffer.concat([message, ...w1.map((one) => packed(one, width))]), { dkLen: lambda / 4 });
  return found.every((byte, index) => byte === challenge[index]);
}

/** So many polynomials whose coefficients have so many bits each (algorithm 18). */
function unpacked(bytes: Uint8Array, count: number, bits: number): Polynomial[] {
  let [position, value, held] = [0, 0, 0];
  const coefficient = () => {
    for (; held < bits; held += 8) value += (bytes[position++] ?? 0) * 2 ** held;
    const read = value % 2 ** bits;
    [value, held] = [Math.floor(value / 2 ** bits), held - bits];
    return read;
  };
  return Array.from({ length: count }, () => Int32Array.from({ length: n }, coefficient));
}

/** Algorithm 16. */
function packed(polynomial: Polynomial, bits: number): Uint8Array {
  const bytes = new Uint8Array((n * bits) / 8);
  for (const [index, value] of polynomial.entries())
    for (let bit = 0; bit < bits; bit++) {
      const at = index * bits + bit;
      bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (((value >> bit) & 1) << (at & 7));
    }
  return bytes;
}

/** Algorithm 21: places in rising order, and zeros behind the last; anything else is another way to write the same. */
function readHints(bytes: Uint8Array, { k, omega }: ParameterSet): Uint8Array[] | undefined {
  const hints: Uint8Array[] = [];
  let index = 0;
  for (let row = 0; row < k; row++) {
    const hint = new Uint8Array(n);
    const [first, end] = [index, bytes[omega + row] ?? 0];
    if (end < index || end > omega) return undefined;
    for (; index < end; index++) {
      if (index > first && (bytes[index - 1] ?? 0) >= (bytes[index] ?? 0)) return undefined;
      hint[bytes[index] ?? 0] = 1;
    }
    hints.push(hint);
  }
  return bytes.subarray(index, omega).every((byte) => byte === 0) ? hints : undefined;
}

/** A polynomial of the matrix, in the transform's domain (algorithms 30 and 32). */
function sampled(rho: Uint8Array, column: number, row: number): Polynomial {
  const stream: Xof = shake128.create().update(Buffer.concat([rho, Uint8Array.of(column, row)]));
  const polynomial = new Int32Array(n);
  for (let count = 0; count < n; ) {
    const block = stream.xof(168);
    for (let at = 0; at < block.length && count < n; at += 3) {
      const value = (block[at] ?? 0) + (block[at + 1] ?? 0) * 2 ** 8 + ((block[at + 2] ?? 0) & 0x7f) * 2 ** 16;
      if (value < q) polynomial[count++] = value;
    }
  }
  return polynomial;
}

/** Algorithm 29: τ coefficients are 1 or −1. */
function sampleInBall(seed: Uint8Array, tau: number): Polynomial {
  const stream: Xof = shake256.create().update(seed);
  const signs = stream.xof(8);
  const c = new Int32Array(n);
  for (let index = n - tau; index < n; index++) {
    let place = n;
    while (place > index) [place = n] = stream.xof(1);
    c[index] = c[place] ?? 0;
    const sign = index + tau - n;
    c[place] = ((signs[sign >> 3] ?? 0) >> (sign & 7)) & 1 ? q - 1 : 1;
  }
  return c;
}

/** Powers of 1753 in the order of their bits reversed (FIPS 204, appendix B). */
const zetas = Int32Array.from({ length: n }, (_, index) => {
  let exponent = 0;
  for (let bit = 0; bit < 8; bit++) exponent |= ((index >> bit) & 1) << (7 - bit);
  let power = 1;
  for (let count = 0; count < exponent; count++) power = (power * 1753) % q;
  return power;
});

/** Products stay below 2⁴⁶, which a number holds. */
function transformed(polynomial: Polynomial): Polynomial {
  const w = Int32Array.from(polynomial);
  let m = 0;
  for (let length = 128; length >= 1; length /= 2)
    for (let start = 0; start < n; start += 2 * length) {
      const zeta = zetas[++m] ?? 0;
      for (let at = start; at < start + length; at++) {
        const [low, t] = [w[at] ?? 0, (zeta * (w[at + length] ?? 0)) % q];
        w[at + length] = (low - t + q) % q;
        w[at] = (low + t) % q;
      }
    }
  return w;
}

function transformedBack(polynomial: Polynomial): Polynomial {
  const w = Int32Array.from(polynomial);
  let m = n;
  for (let length = 1; length < n; length *= 2)
    for (let start = 0; start < n; start += 2 * length) {
      const zeta = q - (zetas[--m] ?? 0);
      for (let at = start; at < start + length; at++) {
        const [low, high] = [w[at] ?? 0, w[at + length] ?? 0];
        w[at] = (low + high) % q;
        w[at + length] = (zeta * ((low - high + q) % q)) % q;
      }
    }
  return w.map((value) => (value * 8_347_681) % q); // 256⁻¹
}

function addProduct(sum: Polynomial, a: Polynomial, b: Polynomial, sign: 1 | -1): void {
  for (let index = 0; index < n; index++) {
    const product = ((a[index] ?? 0) * (b[index] ?? 0)) % q;
    sum[index] = ((sum[index] ?? 0) + (sign === 1 ? product : q - product)) % q;
  }
}

/** Algorithms 36 and 40. */
function useHint(polynomial: Polynomial, hint: Uint8Array, { gamma2: divisor }: ParameterSet): Polynomial {
  const twice = (2 * (q - 1)) / divisor;
  const m = (q - 1) / twice;
  return polynomial.map((value, index) => {
    const remainder = value % twice;
    const low = remainder > twice / 2 ? remainder - twice : remainder;
    const isLast = value - low === q - 1;
    const high = isLast ? 0 : (value - low) / twice;
    if (!hint[index]) return high;
    return (high + ((isLast ? low - 1 : low) > 0 ? 1 : m - 1)) % m;
  });
}
