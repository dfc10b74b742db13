import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { createAuthority } from '../../testing/authority.ts';
import { validatePdf } from '../../testing/both-judges.ts';
import { tablePdf } from '../../testing/pdf-files.ts';
import { signPdf } from '../formats/pades/pades.ts';
import { type ReasonCode, reason, reasonTable } from '../validation/reasons.ts';
import type { SignatureReport, ValidationReport } from '../validation/report.ts';
import { unjudged } from '../validation/verdict.ts';
import { describe } from './sentences.ts';

const codes = Object.keys(reasonTable) as ReasonCode[];
const verdicts = ['valid', 'invalid', 'indeterminate'] as const;

/** Any signature, also those that no validation gives: the words must hold whatever the report says. */
const signature: fc.Arbitrary<SignatureReport> = fc
  .record({
    verdict: fc.constantFrom(...verdicts),
    intact: fc.constantFrom(true, false, null),
    trusted: fc.boolean(),
    format: fc.constantFrom(
      'PAdES',
      'CAdES',
      'XAdES',
      'JAdES',
      'ASiC',
      'PKCS#7',
      'XMLDSig',
      'JWS',
      'document-time-stamp',
      'unknown',
    ),
    codes: fc.subarray(codes, { maxLength: 3 }),
    isFilledIn: fc.boolean(),
    isNamed: fc.boolean(),
  })
  .map(({ codes: given, isFilledIn, isNamed, ...rest }) => ({
    ...rest,
    sub: null,
    level: null,
    field: 'Signature1',
    coverage: 'whole' as const,
    revisionLength: 1,
    chain: [],
    counterSignatures: [],
    certification: null,
    log: null,
    changesAfter: isFilledIn ? [{ kind: 'form-fill' as const, allowed: true, vi: '', en: '' }] : [],
    signer: isNamed
      ? {
          name: 'Trần Thị Bích Phượng',
          organisation: null,
          title: null,
          serialNumber: null,
          subject: '',
          issuer: '',
          certificateSerial: '',
          notBefore: '',
          notAfter: '',
          fingerprint: '',
        }
      : null,
    time: { proven: null, claimed: null, authority: null, problem: null },
    warnings: [],
    reasons: given.map((code) => reason(code)),
  }));

const report: fc.Arbitrary<ValidationReport> = fc.record({
  verdict: fc.constantFrom(...verdicts, 'unsigned' as const),
  signatures: fc.array(signature, { maxLength: 3 }),
  reasons: fc.subarray(codes, { maxLength: 2 }).map((given) => given.map((code) => reason(code))),
});

const saysUnchanged = /chưa bị sửa|còn nguyên(?! như khi ký hay không)|unchanged|is as it was(?! signed could)/iu;
const saysUnsigned = /không có chữ ký số|carries no digital signature/iu;
const saysGenuine = /^Đúng:|^Genuine:/u;

function people({ signatures }: ValidationReport): readonly SignatureReport[] {
  const some = signatures.filter(({ format }) => format !== 'document-time-stamp');
  return some.length > 0 ? some : signatures;
}

test('V10: over every combination of verdict, intact, trusted and reasons no sentence claims what was not checked', () => {
  fc.assert(
    fc.property(report, (given) => {
      const words = describe(given);
      const texts = [words.sentence, words.unchanged.sentence].flatMap(({ vi, en }) => [vi, en]);
      const isChecked = given.signatures.length > 0 && people(given).every(({ intact }) => intact === true);
      const isShownChanged = given.signatures.some(({ intact }) => intact === false);
      if (!isChecked || isShownChanged) for (const text of texts) assert.doesNotMatch(text, saysUnchanged);
      assert.equal(
        words.unchanged.answer === 'yes',
        texts.slice(2).some((text) => saysUnchanged.test(text)),
      );
      if (words.unchanged.answer === 'yes') assert.ok(isChecked && !isShownChanged && given.verdict !== 'unsigned');
      if (isShownChanged && given.verdict !== 'unsigned') assert.equal(words.unchanged.answer, 'no');
      if (words.trusted.answer === 'yes') assert.ok(people(given).every(({ trusted }) => trusted));
      const isGenuine = saysGenuine.test(words.sentence.vi);
      assert.equal(isGenuine, saysGenuine.test(words.sentence.en));
      if (isGenuine) {
        assert.equal(given.verdict, 'valid');
        assert.deepEqual([words.unchanged.answer, words.trusted.answer], ['yes', 'yes']);
      }
      if (given.verdict !== 'unsigned') for (const text of texts) assert.doesNotMatch(text, saysUnsigned);
    }),
    { numRuns: 20_000 },
  );
});

test('V10: a file that could not be read or opened is never said to be unsigned, unchanged or forged', () => {
  for (const code of ['unreadable', 'unreadable-unsigned', 'encrypted', 'beyond-limits'] as const) {
    const { sentence, unchanged, trusted } = describe(unjudged(code));
    assert.match(sentence.en, /^This file could not be checked/u);
    assert.deepEqual([unchanged.answer, trusted.answer], ['unknown', 'unknown']);
  }
  const unsigned = describe({ verdict: 'unsigned', signatures: [], reasons: [reason('unsigned')] });
  assert.match(unsigned.sentence.en, saysUnsigned);
});

test('V10: an unchanged file with a weak key is said to be of a weak algorithm, not to be read again; a changed one is said to be changed', async () => {
  const authority = createAuthority();
  const signer = authority.signerOf(authority.official({ keys: generateKeyPairSync('rsa', { modulusLength: 1024 }) }));
  const at = new Date('2026-11-23T03:00:00Z');
  const file = await signPdf(tablePdf(), { signerName: 'A', at }, { ...signer, algorithm: 'RS256' });
  const options = { anchors: authority.anchors, crls: authority.crls, at };
  const words = describe(await validatePdf(file, options));
  assert.match(words.sentence.vi, /^Chưa kết luận được: chữ ký hoặc dấu thời gian dùng thuật toán yếu/u);
  assert.match(words.unchanged.sentence.en, /^Not provable: the algorithm/u);
  assert.match(words.nextStep.en, /a copy signed with a current algorithm/u);
  file.write('9,5', file.indexOf('8,5'));
  assert.equal(describe(await validatePdf(file, options)).unchanged.answer, 'no');
});
