import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { locales } from '@edutrust/platform/messages';
import { createAuthority, type Issued, issue, revocationList } from '../../../testing/authority.ts';
import { validatePdf } from '../../../testing/both-judges.ts';
import { appendRevision, hybridPdf, streamPdf, tablePdf } from '../../../testing/pdf-files.ts';
import { reasonTable } from '../../validation/reasons.ts';
import { createValidationPool } from '../../validation/validation.ts';
import { addValidationData, signPdf, timeStampPdf, visibleLines } from './pades.ts';

const signedAt = new Date('2026-11-23T03:00:00Z');
const at = new Date('2026-12-01T00:00:00Z');
const authority = createAuthority();
const options = { anchors: authority.anchors, crls: authority.crls, at };
const withoutLists = { anchors: authority.anchors, at };
const request = { signerName: 'Trần Thị Bích Phượng', at: signedAt };
const signedBy = (who: Issued, stampedAt?: Date, pdf = tablePdf()) =>
  signPdf(pdf, request, authority.signerOf(who, stampedAt));

for (const [kind, file] of [
  ['tables', tablePdf()],
  ['streams', streamPdf()],
  ['a hybrid', hybridPdf()],
] as const) {
  test(`a file with ${kind} is valid once signed, with one signature or two, at B-B and B-T`, async () => {
    const once = await signedBy(authority.official(), undefined, file);
    const one = await validatePdf(once, options);
    assert.equal(one.verdict, 'valid', JSON.stringify(one.reasons));
    assert.deepEqual([one.signatures[0]?.level, one.signatures[0]?.coverage], ['B-B', 'whole']);
    const visible = {
      page: 0,
      rect: [300, 90, 540, 160],
      lines: visibleLines({ name: 'A', title: 'B', organisation: 'C', at, verifyAt: 'https://d.vn' }),
    } as const;
    const twice = await signPdf(once, { ...request, visible }, authority.signerOf(authority.official(), signedAt));
    const two = await validatePdf(twice, options);
    assert.equal(two.verdict, 'valid', JSON.stringify(two.signatures));
    const [first, second] = two.signatures;
    assert.deepEqual([first?.coverage, second?.coverage, second?.level], ['revision', 'whole', 'B-T']);
    assert.deepEqual(
      first?.changesAfter.map(({ kind, allowed }) => [kind, allowed]),
      [['signature', true]],
    );
  });
}

test('the report names the signer, the proven time and the claimed one', async () => {
  const { signatures } = await validatePdf(
    await signedBy(authority.official(), new Date('2026-11-23T03:00:05Z')),
    options,
  );
  const [signature] = signatures;
  assert.equal(signature?.signer?.name, 'Trần Thị Bích Phượng');
  assert.equal(signature?.signer?.serialNumber, '7901234568');
  assert.equal(signature?.signer?.title, 'Hiệu trưởng');
  assert.equal(signature?.time.claimed, '2026-11-23T03:00:00.000Z');
  assert.equal(signature?.time.proven, '2026-11-23T03:00:05.000Z');
  assert.match(signature?.time.authority ?? '', /Test Time Stamps/u);
  assert.deepEqual([signature?.intact, signature?.trusted], [true, true]);
});

test('a signature is not confirmed for a time before its time stamp', async () => {
  const signed = await signedBy(authority.official(), signedAt);
  const before = await validatePdf(signed, { ...options, at: new Date('2026-11-22T03:00:00Z') });
  assert.deepEqual([before.verdict, before.signatures[0]?.sub], ['indeterminate', 'TIMESTAMP_ORDER_FAILURE']);
  assert.deepEqual([before.signatures[0]?.reasons[0]?.code, before.signatures[0]?.intact], ['signed-later', true]);
});

test('a plain PDF is unsigned; what is no PDF is refused with a sentence', async () => {
  assert.equal((await validatePdf(tablePdf(), options)).verdict, 'unsigned');
  await assert.rejects(validatePdf(Buffer.from('hello'), options), { code: 'verify/not-a-pdf', status: 400 });
});

test('one flipped byte of the content is invalid: not intact, though the signer is trusted', async () => {
  const signed = await signedBy(authority.official(), signedAt);
  const flipped = Buffer.from(signed);
  const place = flipped.indexOf('8,5');
  flipped.write('9', place, 'latin1');
  const { verdict, signatures } = await validatePdf(flipped, options);
  assert.equal(verdict, 'invalid');
  assert.deepEqual([signatures[0]?.sub, signatures[0]?.intact, signatures[0]?.trusted], ['HASH_FAILURE', false, true]);
});

test('V9: a look-alike of our own authority is intact, untrusted and indeterminate', async () => {
  const other = createAuthority();
  const signed = await signPdf(tablePdf(), request, other.signerOf(other.official(), signedAt));
  const { verdict, signatures } = await validatePdf(signed, options);
  assert.equal(verdict, 'indeterminate');
  assert.deepEqual([signatures[0]?.intact, signatures[0]?.trusted], [true, false]);
});

const before = new Date('2026-11-20T00:00:00Z');
const after = new Date('2026-11-26T00:00:00Z');
for (const [what, certificateEnd, revokedAt, stampedAt, verdict, sub] of [
  ['expired before the proven time', before, undefined, signedAt, 'invalid', 'EXPIRED'],
  ['expired after the proven time', after, undefined, signedAt, 'valid', null],
  ['revoked before the proven time', undefined, before, signedAt, 'invalid', 'REVOKED'],
  ['revoked after the proven time', undefined, after, signedAt, 'valid', null],
  ['expired, without a time stamp', after, undefined, undefined, 'indeterminate', 'OUT_OF_BOUNDS_NO_POE'],
  ['revoked, without a time stamp', undefined, after, undefined, 'indeterminate', 'REVOKED_NO_POE'],
] as const) {
  test(`V8: a certificate that was ${what} is ${verdict}`, async () => {
    const official = authority.official(certificateEnd ? { notAfter: certificateEnd } : {});
    const signed = await signedBy(official, stampedAt);
    const made = new Date('2026-11-28T00:00:00Z');
    const crls = revokedAt
      ? [
          revocationList(
            authority.people,
            [{ serial: official.serial, at: revokedAt }],
            made,
            new Date('2026-12-10T00:00:00Z'),
          ),
        ]
      : [];
    const report = await validatePdf(signed, { ...options, crls: [...authority.crls, ...crls] });
    assert.equal(report.verdict, verdict, JSON.stringify(report.reasons));
    assert.equal(report.signatures[0]?.sub, sub);
  });
}

test('V12: a signature without any revocation data is indeterminate and says what would settle it', async () => {
  const official = authority.official();
  const signed = await signedBy(official, signedAt);
  const without = await validatePdf(signed, withoutLists);
  assert.deepEqual([without.verdict, without.signatures[0]?.sub], ['indeterminate', 'TRY_LATER']);
  const fresh = (issuer: Issued) =>
    revocationList(issuer, [], new Date('2026-11-22T00:00:00Z'), new Date('2026-12-10T00:00:00Z'));
  const half = await validatePdf(signed, { ...withoutLists, crls: [fresh(authority.people)] });
  assert.equal(half.signatures[0]?.sub, 'TRY_LATER', 'also of the authority between');
  const crls = [fresh(authority.people), fresh(authority.root)];
  assert.equal((await validatePdf(signed, { ...withoutLists, crls })).verdict, 'valid');
});

test('a document time stamp behind a signature proves its time; an untrusted one proves nothing', async () => {
  const official = authority.official({ notAfter: after });
  const signed = await signedBy(official);
  const stamped = await validatePdf(await timeStampPdf(signed, authority.stampAt(signedAt)), options);
  assert.equal(stamped.verdict, 'valid', JSON.stringify(stamped.signatures));
  assert.deepEqual(
    stamped.signatures.map(({ format }) => format),
    ['PAdES', 'document-time-stamp'],
  );
  const other = createAuthority();
  const untrusted = await validatePdf(await timeStampPdf(signed, other.stampAt(signedAt)), options);
  assert.equal(untrusted.verdict, 'indeterminate');
});

for (const [kind, file] of [
  ['tables', tablePdf()],
  ['streams', streamPdf()],
] as const) {
  test(`V7: from B-B to B-LTA in a file with ${kind}: each step is allowed, valid, and lifts the level`, async () => {
    const official = authority.official();
    const made = revocationList(authority.people, [], before, new Date('2026-12-10T00:00:00Z'));
    const ofRoot = revocationList(authority.root, [], before, new Date('2026-12-10T00:00:00Z'));
    const strict = withoutLists;
    const stamped = await signedBy(official, signedAt, file);
    assert.equal((await validatePdf(stamped, strict)).signatures[0]?.sub, 'TRY_LATER');
    const long = addValidationData(stamped, { certificates: [authority.people.certificate], crls: [made] });
    const longer = addValidationData(long, { crls: [ofRoot] });
    const archived = await timeStampPdf(longer, authority.stampAt(after));
    for (const [step, level] of [
      [longer, 'B-LT'],
      [archived, 'B-LTA'],
    ] as const) {
      assert.ok(step.subarray(0, stamped.length).equals(stamped));
      const { verdict, signatures } = await validatePdf(step, strict);
      assert.equal(verdict, 'valid', JSON.stringify(signatures));
      assert.equal(signatures[0]?.level, level);
      assert.ok(signatures[0]?.changesAfter.some(({ kind, allowed }) => kind === 'validation-data' && allowed));
    }
  });
}

test('V5: validation data through which something on a page is changed is refused', async () => {
  const signed = await signedBy(authority.official(), signedAt);
  const catalog = [...signed.toString('latin1').matchAll(/\n1 0 obj\n(.*)>>\nendobj/gu)].at(-1)?.[1];
  const stream = '<</Length 3>>\nstream\nq Q\nendstream';
  const root = `${catalog} /DSS 400 0 R>>`;
  const good = appendRevision(signed, { 1: root, 400: '<</Type /DSS /CRLs [401 0 R]>>', 401: stream });
  assert.equal((await validatePdf(good, options)).verdict, 'valid');
  for (const objects of [
    { 1: root, 400: '<</Type /DSS /CRLs [4 0 R]>>', 4: stream },
    { 1: root, 400: '<</Type /DSS /Other [401 0 R]>>', 401: stream },
    { 1: root, 400: '<</Type /DSS /CRLs [401 0 R]>>', 401: stream.replace('<<', '<</Type /XObject ') },
  ]) {
    assert.equal((await validatePdf(appendRevision(signed, objects), options)).verdict, 'invalid');
  }
});

test('V3: small RSA keys are refused, good ones of RSA and P-256 are not', async () => {
  for (const [keys, verdict] of [
    [generateKeyPairSync('rsa', { modulusLength: 1024 }), 'indeterminate'],
    [generateKeyPairSync('rsa', { modulusLength: 2048 }), 'valid'],
    [generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'valid'],
  ] as const) {
    const official = authority.official({ keys });
    const algorithm = keys.privateKey.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256';
    const signer = { ...authority.signerOf(official), algorithm } as const;
    assert.equal((await validatePdf(await signPdf(tablePdf(), request, signer), options)).verdict, verdict);
  }
});

test('a time stamp of another signature, of a stranger or of a weak digest proves no time and takes nothing away', async () => {
  const stranger = createAuthority();
  const wrong = () => authority.stampAt(signedAt)(createHash('sha256').update('another').digest());
  /** Of SHA-224, by the last part of the identifier (RFC 5754 §2.1). */
  const weak = (digest: Uint8Array) => {
    const token = authority.stampAt(signedAt)(digest);
    token[token.lastIndexOf(Buffer.from('608648016503040201', 'hex'), token.indexOf(digest)) + 8] = 4;
    return token;
  };
  for (const [timeStamp, code] of [
    [wrong, 'time-stamp-wrong'],
    [stranger.stampAt(signedAt), 'time-stamp-untrusted'],
    [weak, 'time-stamp-refused'],
    [() => Buffer.of(5, 0), 'time-stamp-wrong'], // DER, but no token
  ] as const) {
    const signer = { ...authority.signerOf(authority.official()), timeStamp };
    const file = await signPdf(tablePdf(), request, signer);
    const { verdict, signatures } = await validatePdf(file, options);
    const [signature] = signatures;
    assert.deepEqual(
      [verdict, signature?.time.problem?.code, signature?.time.proven, signature?.level],
      ['valid', code, null, 'B-B'],
    );
    // Once the certificate has run out, nothing proves the time.
    const late = { ...options, at: new Date('2036-06-01T00:00:00Z') };
    assert.equal((await validatePdf(file, late)).signatures[0]?.sub, 'OUT_OF_BOUNDS_NO_POE');
  }
});

test('a signature by another key than the certificate’s is invalid', async () => {
  const official = authority.official();
  const stranger = issue({ name: [['commonName', 'Stranger']], kind: 'signer' });
  const signer = {
    ...authority.signerOf(official),
    sign: (attributes: Buffer) => sign('sha256', attributes, stranger.key),
  };
  const { signatures } = await validatePdf(await signPdf(tablePdf(), request, signer), options);
  assert.deepEqual([signatures[0]?.verdict, signatures[0]?.sub], ['invalid', 'SIG_CRYPTO_FAILURE']);
});

test('V4: a warm thread gives the same report, and an answer when a file takes too long or too much', async () => {
  const signed = await signedBy(authority.official(), signedAt);
  const pool = createValidationPool();
  for (let time = 0; time < 3; time++)
    assert.deepEqual(await pool.validate(signed, options), await validatePdf(signed, options));
  await assert.rejects(pool.validate(Buffer.from('hello'), options), { code: 'verify/not-a-pdf' });
  const many = Object.fromEntries(
    Array.from({ length: 60_000 }, (_, index) => [100 + index, `[${'[0 0 0] '.repeat(4)}]`]),
  );
  const large = appendRevision(signed, many, { size: 70_000 });
  assert.equal((await pool.validate(large, options)).verdict, 'invalid');
  await pool.close();
  const impatient = createValidationPool({ cpuMs: 150 });
  const late = await impatient.validate(large, options);
  assert.deepEqual([late.verdict, late.reasons[0]?.detail], ['indeterminate', 'time']);
  assert.equal((await impatient.validate(signed, options)).verdict, 'valid', 'the next file has a thread again');
  await impatient.close();
  const poor = createValidationPool({ maxHeapMegabytes: 16 });
  const starved = await poor.validate(large, options);
  assert.deepEqual([starved.verdict, starved.reasons[0]?.detail], ['indeterminate', 'memory']);
  await poor.close();
});

test('V4: a thread is replaced after so many files, also when every one of them was good', async () => {
  const signed = await signedBy(authority.official(), signedAt);
  let threads = 0;
  const count = () => threads++;
  process.on('worker', count);
  const pool = createValidationPool({ filesPerThread: 2 });
  for (let file = 0; file < 5; file++) assert.equal((await pool.validate(signed, options)).verdict, 'valid');
  process.off('worker', count);
  await pool.close();
  assert.equal(threads, 3);
});

test('V16: a machine without time for a file says busy and when to come back; that is no verdict', async () => {
  const pool = createValidationPool({ wallMs: 1 });
  const signed = await signedBy(authority.official(), signedAt);
  for (let time = 0; time < 2; time++) {
    await assert.rejects(pool.validate(signed, options), { code: 'verify/busy', status: 503, retryAfterSeconds: 5 });
  }
  await pool.close();
});

test('V5: every reason has an indication, a sub-indication and one sentence in each language', () => {
  for (const [code, [indication, sub, text]] of Object.entries(reasonTable)) {
    assert.match(indication, /^(?:TOTAL-PASSED|TOTAL-FAILED|INDETERMINATE)$/u);
    assert.equal(sub === '', indication === 'TOTAL-PASSED', code);
    for (const locale of locales) assert.match(text[locale], /^\p{Lu}.{20,}\.$/u, `${code} ${locale}`);
    assert.match(text.vi, /[àáảãạăắằẳẵặâấầẩẫậđèéẻẽẹêếềểễệìíỉĩịòóỏõọôốồổỗộơớờởỡợùúủũụưứừửữựỳýỷỹỵ]/iu, code);
  }
});
