import { FF1 } from '@noble/ciphers/ff1.js';

/** Nine digits whose first is not 0. */
export const bodyCount = 900_000_000;
const firstBody = 100_000_000;

/** A keyed one-to-one map of [0, 900 000 000) onto the nine-digit bodies of education IDs, and back. */
export interface Permutation {
  bodyOf(position: number): string;
  positionOf(body: string): number;
}

/**
 * FF1 (NIST SP 800-38G §5) over nine decimal digits, walked until the result lies in range (the walk stays a
 * permutation of the range; 1.1 steps on average).
 */
export function createPermutation(key: Uint8Array): Permutation {
  const cipher = FF1(10, key, new TextEncoder().encode('edutrust/education-id'));
  const walk = (start: number, step: (digits: number[]) => number[]): number => {
    let value = start;
    do value = fromDigits(step(toDigits(value)));
    while (value >= bodyCount);
    return value;
  };
  return {
    bodyOf: (position) => {
      if (!Number.isInteger(position) || position < 0 || position >= bodyCount)
        throw new RangeError(`no education ID at ${position}`);
      return String(walk(position, (digits) => cipher.encrypt(digits)) + firstBody);
    },
    positionOf: (body) => walk(Number(body) - firstBody, (digits) => cipher.decrypt(digits)),
  };
}

function toDigits(value: number): number[] {
  return [...String(value).padStart(9, '0')].map(Number);
}

function fromDigits(digits: readonly number[]): number {
  return digits.reduce((value, digit) => value * 10 + digit, 0);
}
