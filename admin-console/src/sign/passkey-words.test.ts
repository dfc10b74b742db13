import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setLocale } from '../design/language.ts';
import { passkeySentence, withWords } from './passkey-words.ts';

const names = [
  'NotAllowedError',
  'AbortError',
  'InvalidStateError',
  'ConstraintError',
  'NotSupportedError',
  'SecurityError',
  'UnknownError',
];

test('every outcome of the passkey window is a Vietnamese sentence with what to do, never the browser’s own', () => {
  setLocale('vi');
  for (const doing of ['sign', 'enrol'] as const) {
    for (const name of names) {
      const own = new DOMException('The operation either timed out or was not allowed. See: https://www.w3.org/', name);
      for (const error of [own, new Error('wrapped by the library', { cause: own })]) {
        const sentence = passkeySentence(error, doing);
        assert.match(sentence, doing === 'sign' ? /^Chưa ký gì\. / : /^Chưa đăng ký gì\. /);
        assert.doesNotMatch(sentence, /w3\.org|operation|wrapped/);
        assert.match(sentence, /thử lại|Mở/);
      }
    }
    assert.match(passkeySentence('odd', doing), /thử lại/);
  }
});

test('what is no refusal passes through', async () => {
  assert.equal(await withWords('sign', async () => 7), 7);
  await assert.rejects(
    withWords('sign', () => Promise.reject(new DOMException('x', 'NotAllowedError'))),
    /Chưa ký gì\. .*Bấm nút để thử lại/,
  );
});
