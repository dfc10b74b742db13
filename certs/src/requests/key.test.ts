import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { EduTrustError } from '@edutrust/platform/errors';
import { fc } from '@edutrust/testing/property';
import { toPem } from '../certificate/certificate.ts';
import { makeRequest } from '../certificate/request.ts';
import { keyKind, readProvenKey } from './key.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const spki = publicKey.export({ type: 'spki', format: 'der' });
const csr = await makeRequest([['commonName', 'Trường']], spki, async (bytes) => sign('sha384', bytes, privateKey));

test('a request is read as PEM, with text around it, with Windows line ends, as base64 with and without padding', () => {
  const pem = toPem(csr, 'CERTIFICATE REQUEST');
  const base64 = csr.toString('base64');
  for (const text of [
    pem,
    `Certificate Request:\n    Data: …\n${pem}\n`,
    pem.replaceAll('\n', '\r\n'),
    pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'),
    base64,
    base64.replaceAll('=', ''),
    base64.replaceAll(/.{64}/g, '$&\n'),
  ])
    assert.deepEqual(readProvenKey(text), { publicKey: spki, csr });
  assert.equal(keyKind(spki), 'ECDSA P-384');
});

test('whatever is uploaded is a key with its proof, or a refusal with a sentence in both languages', () => {
  const pem = toPem(csr, 'CERTIFICATE REQUEST');
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3_000 }),
    fc.base64String({ maxLength: 3_000 }),
    fc.uint8Array({ maxLength: 1_000 }).map((bytes) => toPem(bytes, 'CERTIFICATE REQUEST')),
    // one byte of a good one is another, one piece is missing
    fc.tuple(fc.nat(csr.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
      const damaged = Buffer.from(csr);
      damaged[at] = (damaged[at] ?? 0) ^ mask;
      return damaged.toString('base64');
    }),
    fc.tuple(fc.nat(pem.length), fc.nat(100)).map(([at, length]) => pem.slice(0, at) + pem.slice(at + length)),
  );
  fc.assert(
    fc.property(hostile, (text) => {
      try {
        assert.deepEqual(readProvenKey(text).publicKey, spki, 'another key without its proof');
      } catch (error) {
        assert.ok(error instanceof EduTrustError, String(error));
        assert.ok(error.status === 400 && error.detail.vi.endsWith('.') && error.detail.en.endsWith('.'), error.code);
      }
    }),
    { numRuns: 1_000 },
  );
});
