import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { formatVerificationCode, newVerificationCode, parseVerificationCode } from './code.ts';

test('a code is read back from how it is printed and from how people type it', () => {
  fc.assert(
    fc.property(fc.constantFrom('', ' ', '-', '.', '–'), fc.boolean(), (separator, isLower) => {
      const code = newVerificationCode();
      const printed = formatVerificationCode(code);
      assert.match(printed, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
      const typed = printed.replaceAll('-', separator).replaceAll('0', 'o').replaceAll('1', 'l');
      assert.equal(parseVerificationCode(isLower ? typed.toLowerCase() : typed), code);
    }),
  );
});

test('anything else is no code, with a sentence that shows one', () => {
  for (const text of [
    '',
    'U'.repeat(12),
    '7KQ4-M2XA-9TB',
    '7KQ4-M2XA-9TBCC',
    "' OR 1=1 --",
    '../../etc',
    'x'.repeat(100_000),
  ]) {
    assert.throws(() => parseVerificationCode(text), { code: 'verify/bad-code' });
  }
});

test('ten thousand codes are ten thousand codes', () => {
  assert.equal(new Set(Array.from({ length: 10_000 }, newVerificationCode)).size, 10_000);
});
