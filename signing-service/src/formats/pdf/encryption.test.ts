import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { sampledJudge, validatePdf } from '../../../testing/both-judges.ts';
import { appendRevision } from '../../../testing/pdf-files.ts';
import type { ValidationOptions } from '../../validation/validation.ts';
import { openPdf } from './document.ts';
import { defaultLimits } from './limits.ts';
import { EncryptedPdf, PdfBeyondLimits } from './malformed.ts';
import { as, textOf } from './object.ts';
import { rc4 } from './rc4.ts';

/** V14: encrypted files of other makers; where the files come from is in `testing/encrypted/README.md`. */
const folder = new URL('../../../testing/encrypted/', import.meta.url);
const anchors = [await readFile(new URL('root.der', folder))];
const files = [
  ['rc4-40', ''],
  ['rc4-128', 'mo'],
  ['aes-128', 'mo'],
  ['aes-256', 'mở 5A'],
] as const;
const read = (name: string) => readFile(new URL(`${name}.pdf`, folder));
const options = (password?: string): ValidationOptions => ({
  anchors,
  requireRevocation: false,
  at: new Date('2027-01-01T00:00:00Z'),
  ...(password === undefined ? {} : { password }),
});
const answerOf = async (file: Buffer, password?: string, judge = validatePdf) => {
  const { verdict, reasons } = await judge(file, options(password));
  return `${verdict} ${reasons[0]?.code}`;
};

for (const [name, password] of files) {
  test(`V14: ${name}: signed after it was encrypted, it is good by the reader's password and by the owner's`, async () => {
    const file = await read(name);
    assert.equal(await answerOf(file, password), 'valid passed');
    assert.equal(await answerOf(file, 'chu'), 'valid passed');
    assert.equal(await answerOf(file, 'sai'), 'indeterminate encrypted');
    assert.equal(await answerOf(file), password === '' ? 'valid passed' : 'indeterminate encrypted');
    const { current } = openPdf(file, { password });
    const [title] = [...current.numbers()].flatMap(
      (number) => as('string', as('dictionary', current.get(number))?.entries.get('Title')) ?? [],
    );
    assert.equal(title && textOf(title), 'Hoc ba');
    const streams = [...current.numbers()].flatMap((number) => as('stream', current.get(number)) ?? []);
    assert.ok(streams.some(({ data, dictionary }) => data.includes('8,5') || dictionary.entries.has('Filter')));
    assert.throws(() => openPdf(file), EncryptedPdf, 'nothing is added to an encrypted file');
  });

  test(`V14: ${name}: a changed byte, page or encryption is never called good`, async () => {
    const file = await read(name);
    const judge = sampledJudge();
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const changed = Buffer.from(file);
        changed[at] = (changed[at] ?? 0) ^ mask;
        const answer = await answerOf(changed, password, judge).catch((error) => {
          assert.equal(error.code, 'verify/not-a-pdf');
          return 'no PDF';
        });
        // Only what the signature leaves out, or a way to write the same hexadecimal digit, may change.
        const [from, to] = gap(file);
        assert.ok(!answer.startsWith('valid') || (at >= from && at < to), `${at}: ${answer}`);
      }),
      { numRuns: 150 },
    );
    const plain = appendRevision(file, { 4: '<</Length 0>>\nstream\n\nendstream' });
    assert.match(
      await answerOf(plain, password),
      /^(?:indeterminate unreadable|invalid)/,
      'a revision that is not encrypted',
    );
  });
}

/** Where the signature value stands. */
function gap(file: Buffer): readonly [number, number] {
  const [, before = '', after = ''] =
    /\/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+\d+\s*\]/.exec(file.toString('latin1')) ?? [];
  return [Number(before), Number(after)];
}

test('E3: decrypted data counts: streams of an encrypted file that overlap cost no more than the limit', async () => {
  const limits = { ...defaultLimits, maxInflatedBytes: 64 };
  const { current } = openPdf(await read('rc4-40'), { password: '', limits });
  const readAll = () => {
    for (const number of current.numbers()) void as('stream', current.get(number))?.data.length;
  };
  assert.throws(readAll, PdfBeyondLimits);
});

test('RC4 gives what RFC 6229 §2 lists', () => {
  const stream = rc4(Buffer.from('0102030405', 'hex'), Buffer.alloc(16));
  assert.equal(stream.toString('hex'), 'b2396305f03dc027ccc3524a0a1118a8');
});
