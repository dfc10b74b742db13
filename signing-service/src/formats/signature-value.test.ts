import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { checkNamedValue, joseAlgorithms } from './signature-value.ts';

/** Over «học bạ», with a first byte of zero in both halves, which are not written down: one signature in 65,536 is such. */
const short = Buffer.from(
  'H_h-aOj0hvsJXBrFRW9E1xPtMR-3SULpuoxeQPV29ZV0ULt1QODmFzZs98_riEKv3M8OhUb9kO0Y4xJPvOw',
  'base64url',
);
const key = createPublicKey({
  key: {
    kty: 'EC',
    crv: 'P-256',
    x: 'p9Di9TwDiSrzWDDaIlQDAhoSU4lcN4QVsHdj3Tz2Q0g',
    y: 'xLuKQBOQGFyq4PkPDQ1cIaedrjdT1V_vyQt0-D54dZk',
  },
  format: 'jwk',
});
const check = (value: Buffer, text = 'học bạ') =>
  checkNamedValue(joseAlgorithms.get('ES256'), () => key, Buffer.from(text), value, new Date('2026-06-01T00:00:00Z'));

test('V14: a signature of other makers whose halves lack their zeros is refused for its form, and never called forged', () => {
  const zero = Buffer.of(0);
  const whole = Buffer.concat([zero, short.subarray(0, 31), zero, short.subarray(31)]);
  assert.equal(check(whole), 'good');
  assert.equal(check(short), 'refused');
  assert.equal(check(short, 'học bạ khác'), 'wrong');
  for (const other of [
    short.subarray(1),
    Buffer.of(),
    Buffer.concat([zero, whole, zero]),
    Buffer.concat([zero, short, zero]), // the zeros at the wrong places
  ])
    assert.equal(check(other), 'wrong', other.toString('hex'));
});
