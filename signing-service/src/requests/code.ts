import { InvalidInput } from '@edutrust/platform/errors';
import { type Brand, readSayable, sayable, sayableAlphabet } from '@edutrust/platform/ids';

/** Twelve characters of Crockford's base 32, no separators: 60 random bits that nobody guesses. */
export type VerificationCode = Brand<'VerificationCode'>;

const length = 12;

/** A new code; it exists before its document, whose QR carries it. */
export const newVerificationCode = (): VerificationCode => sayable(length) as VerificationCode;

/** `7KQ4M2XA9TBC` as it is printed: `7KQ4-M2XA-9TBC`. */
export function formatVerificationCode(code: string): string {
  return code.replaceAll(/(.{4})(?=.)/g, '$1-');
}

/**
 * Reads a code as people type it: any case, with or without separators, O for 0, I and L for 1.
 *
 * @throws InvalidInput `verify/bad-code`
 */
export function parseVerificationCode(text: string): VerificationCode {
  const letters = readSayable(text);
  if (letters.length === length && [...letters].every((letter) => sayableAlphabet.includes(letter))) {
    return letters as VerificationCode;
  }
  throw new InvalidInput(
    'verify/bad-code',
    {
      vi: 'Mã xác minh gồm 12 chữ và số, ví dụ 7KQ4-M2XA-9TBC.',
      en: 'A verification code has 12 letters and digits, such as 7KQ4-M2XA-9TBC.',
    },
    {
      remedy: {
        vi: 'Xem lại mã in cạnh ô QR trên văn bản.',
        en: 'Look again at the code beside the QR on the document.',
      },
    },
  );
}
