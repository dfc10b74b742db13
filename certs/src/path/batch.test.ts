import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { entryForm, goodChain, policy, requestOf } from '../../testing/chain.ts';
import { lineOf } from '../../testing/hostile.ts';
import { answeredChain, revoked } from '../../testing/ocsp.ts';
import { verifyBatchLine } from './batch.ts';

const asked = {
  eku: '1.3.6.1.5.5.7.3.1',
  name: { dns: 'www.example.edu.vn', ip: '10.1.2.3' },
  policies: { initial: [policy.one], requireExplicit: true },
};
const good = { ...JSON.parse(lineOf('tốt', requestOf(goodChain()))), ...asked };
const answerTo = (request: unknown) =>
  JSON.parse(verifyBatchLine(typeof request === 'string' ? request : JSON.stringify(request)));
const without = (field: string) => Object.fromEntries(Object.entries(good).filter(([name]) => name !== field));

describe('V1: a line of a batch', () => {
  test('V1: a good line is valid, and says for which policies and how long it took', () => {
    const { ms, ...answer } = answerTo(good);
    assert.deepEqual(answer, { id: 'tốt', verdict: 'valid', policies: [policy.one] });
    assert.ok(ms >= 0);
  });

  test('V1: every field is heard: what it asks for decides the verdict', () => {
    const codes = {
      eku: [{ eku: '1.3.6.1.5.5.7.3.9' }, 'extended-key-usage'],
      name: [{ name: { dns: 'www.example.com' } }, 'name-mismatch'],
      email: [{ name: { email: 'khac@truong.edu.vn' } }, 'name-mismatch'],
      address: [{ name: { ip: '10.1.2.4' } }, 'name-mismatch'],
      at: [{ at: '2031-01-01T00:00:00Z' }, 'expired'],
      trusted: [{ trusted: [] }, 'no-path'],
      untrusted: [{ untrusted: [] }, 'no-path'],
      crls: [{ crls: [] }, 'no-revocation-data'],
      maxDepth: [{ maxDepth: 1 }, 'no-path'],
      policies: [{ policies: { initial: [policy.other], requireExplicit: true } }, 'no-policy'],
      mapping: [{ policies: { initial: [policy.one], requireExplicit: true, inhibitMapping: true } }, 'no-policy'],
    } as const;
    for (const [name, [change, code]] of Object.entries(codes)) {
      const answer = answerTo({ ...good, ...change });
      assert.equal(answer.code, code, name);
      assert.match(answer.reason, new RegExp(`^${code}: .+ \\(.+\\)`), name);
      assert.equal(answer.verdict, code === 'no-revocation-data' ? 'indeterminate' : 'invalid', name);
      assert.ok(answer.text.vi && answer.text.en && answer.section);
    }
    const { request } = answeredChain({
      answer: (form) => {
        form.status = revoked(1);
      },
    });
    assert.equal(answerTo(lineOf('ocsp', request)).code, 'revoked');
  });

  test('V1: without word on revocation, whoever gives lists is told when they leave a status open; who is on one is revoked whatever was asked', () => {
    const { requireRevocation: _, ...rest } = good;
    assert.equal(answerTo({ ...rest, crls: [] }).verdict, 'valid', 'nothing was given');
    assert.equal(answerTo({ ...rest, requireRevocation: false, crls: [] }).verdict, 'valid');
    assert.equal(answerTo({ ...rest, crls: good.crls.slice(0, 2) }).verdict, 'indeterminate', 'none is about the leaf');
    assert.equal(answerTo({ ...rest, requireRevocation: false, crls: good.crls.slice(0, 2) }).verdict, 'valid');
    const chain = goodChain();
    chain.issuingList.entries.push(entryForm(chain.leaf.serial));
    const line = { ...JSON.parse(lineOf('bị thu hồi', requestOf(chain))), ...asked };
    for (const requireRevocation of [undefined, false, true])
      assert.equal(answerTo({ ...line, requireRevocation }).code, 'revoked');
    assert.equal(answerTo({ ...rest, at: '2026-06-20T00:00:00Z' }).verdict, 'indeterminate', 'the lists have run out');
  });

  test('V1: a field that is null is one that is absent', () => {
    for (const field of ['crls', 'ocsp', 'maxDepth'])
      assert.deepEqual(answerTo({ ...good, [field]: null }).code, answerTo(without(field)).code, field);
  });

  const wrong: readonly (readonly [string, unknown])[] = [
    ['nothing', ''],
    ['no JSON', 'không phải JSON'],
    ['half a line', JSON.stringify(good).slice(0, 500)],
    ['JSON that does not end', `{"id":"${'x'.repeat(100)}`],
    ['a number', '1'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['a name twice', JSON.stringify(good).replace('{', '{"leaf":"x",')],
    ['a name twice, the second time with an escape', JSON.stringify(good).replace('{', '{"\\u006ceaf":"x",')],
    ['a name twice, far from its value', JSON.stringify(good).replace('{', `{"leaf"${' '.repeat(200)}:"x",`)],
    ['a name twice within', JSON.stringify(good).replace('"dns":', '"dns":"a.vn","dns":')],
    ['a text that ends in a backslash', '{"id":"x\\"}'],
    ['too deep', `${'{"a":'.repeat(50)}1${'}'.repeat(50)}`],
    ['depth 10^5', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['no leaf', without('leaf')],
    ['two leaves', { ...good, leaf: good.leaf + good.leaf }],
    ['a leaf that is no PEM', { ...good, leaf: 'x' }],
    ['a leaf of PEM of something else', { ...good, leaf: good.leaf.replaceAll('CERTIFICATE', 'PRIVATE KEY') }],
    ['a leaf that does not end', { ...good, leaf: good.leaf.slice(0, -30) }],
    ['a leaf with a strange letter', { ...good, leaf: good.leaf.replace('MII', 'M!I') }],
    ['a leaf that is a list', { ...good, leaf: [good.leaf] }],
    ['no anchors', without('trusted')],
    ['anchors that are a text', { ...good, trusted: good.trusted[0] }],
    ['an anchor that is an object', { ...good, trusted: [{}] }],
    ['an anchor that is no PEM', { ...good, trusted: ['x'] }],
    ['a list that is no PEM', { ...good, crls: [...good.crls, 'x'] }],
    ['a certificate in place of a list', { ...good, crls: [good.leaf] }],
    ['an answer that is no base64', { ...good, ocsp: ['!'] }],
    ['a time that is none', { ...good, at: 'hôm qua' }],
    ['a time that is a number', { ...good, at: 1_700_000_000 }],
    ['a purpose that is none', { ...good, eku: 'serverAuth' }],
    ['a purpose that is a list', { ...good, eku: ['1.2'] }],
    ['a name that is a text', { ...good, name: 'www.example.edu.vn' }],
    ['a name of a kind that is not known', { ...good, name: { dns: 'a.vn', host: 'b.vn' } }],
    ['a name of the prototype', JSON.stringify(good).replace('"dns":', '"__proto__":{},"dns":')],
    ['a name that is a number', { ...good, name: { dns: 1 } }],
    ['revocation that is a text', { ...good, requireRevocation: 'false' }],
    ['a depth that is a text', { ...good, maxDepth: '3' }],
    ['a depth below zero', { ...good, maxDepth: -1 }],
    ['a depth that is not whole', { ...good, maxDepth: 1.5 }],
    ['policies that are a list', { ...good, policies: [policy.one] }],
    ['policies of a kind that is not known', { ...good, policies: { required: true } }],
    ['policies that are a text', { ...good, policies: { initial: policy.one } }],
    ['a policy flag that is a number', { ...good, policies: { requireExplicit: 1 } }],
  ];
  for (const [name, line] of wrong) {
    test(`V1: ${name}: the line is refused, never valid`, () => {
      const { verdict, code, reason } = answerTo(line);
      assert.deepEqual([verdict, code], ['invalid', 'bad-request'], reason);
      assert.ok(reason.length < 200);
    });
  }

  test('V1: the id comes back as it was, also with a bad line, and cannot reach into the answer', () => {
    for (const id of ['a', 7, null, { deep: ['x'] }, '__proto__', '"},{"verdict":"valid"', 'xuống\ndòng\u2028'])
      assert.deepEqual(answerTo({ id }).id, id);
    assert.equal(verifyBatchLine(JSON.stringify({ id: 'a\nb' })).includes('\n'), false);
    const polluted = answerTo(
      '{"__proto__":{"leaf":"x","verdict":"valid"},"constructor":{"prototype":{"verdict":"valid"}},"id":1}',
    );
    assert.deepEqual([polluted.verdict, polluted.id], ['invalid', 1]);
    assert.equal(({} as Record<string, unknown>).verdict, undefined);
  });

  test('V1: whatever the line is, there is one answer on one line, and only the good one is valid', () => {
    const line = JSON.stringify(good);
    const lines = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.json({ maxDepth: 5 }),
      fc
        .tuple(fc.constantFrom(...Object.keys(good)), fc.jsonValue({ maxDepth: 3 }))
        .map(([field, value]) => JSON.stringify({ ...good, id: 1, requireRevocation: true, [field]: value })),
      fc
        .tuple(fc.nat(line.length), fc.string({ maxLength: 4 }), fc.nat(4))
        .map(([start, text, length]) => line.slice(0, start) + text + line.slice(start + length)),
    );
    fc.assert(
      fc.property(lines, (one) => {
        const answer = verifyBatchLine(one);
        assert.equal(answer.includes('\n'), false);
        assert.match(JSON.parse(answer).verdict, /^(?:valid|invalid|indeterminate)$/);
      }),
      { numRuns: 800 },
    );
  });
});
