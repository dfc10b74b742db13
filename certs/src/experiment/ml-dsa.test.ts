import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { isStrongKey } from '../certificate/algorithms.ts';
import { parseCertificate, toPem } from '../certificate/certificate.ts';
import { lint } from '../certificate/lint.ts';
import { makeRequest, readRequest } from '../certificate/request.ts';
import { validatePath } from '../path/path.ts';
import { experimentalProfiles, makeExperimentalChain } from './ml-dsa.ts';

test('V3: an ML-DSA-65 chain is valid under its root, and a flipped bit is not', () => {
  const now = new Date();
  const { root, signer, signerKey } = makeExperimentalChain(now);
  assert.deepEqual(lint(root, experimentalProfiles.root, undefined), []);
  assert.deepEqual(lint(signer, experimentalProfiles.signer, parseCertificate(root)), []);
  const request = { leaf: signer, anchors: [root], at: now };
  assert.equal(validatePath(request).verdict, 'valid');
  const forged = Buffer.from(signer);
  forged[forged.length - 100] = (forged[forged.length - 100] ?? 0) ^ 1;
  assert.equal(validatePath({ ...request, leaf: forged }).verdict, 'invalid');

  const message = Buffer.from('học bạ');
  const { subjectPublicKeyInfo } = parseCertificate(signer);
  const key = createPublicKey({ key: subjectPublicKeyInfo, format: 'der', type: 'spki' });
  assert.ok(verify(null, message, key, sign(null, message, signerKey)));
});

test('C3: no profile of ours takes an ML-DSA key, and none is strong enough for a request', async () => {
  const { signer, signerKey } = makeExperimentalChain(new Date());
  const { subjectPublicKeyInfo } = parseCertificate(signer);
  for (const profile of ['official', 'seal', 'issuing-ca'] as const)
    assert.ok(lint(signer, profile, undefined).includes('the key is strong (EN 319 312)'), profile);
  const csr = await makeRequest([['commonName', 'x']], subjectPublicKeyInfo, async (bytes) =>
    sign(null, bytes, signerKey),
  );
  const { publicKey } = readRequest(csr);
  assert.equal(isStrongKey(createPublicKey({ key: publicKey, format: 'der', type: 'spki' })), false);
});

test('openssl reads the structure of an ML-DSA certificate, whose algorithm it may not know yet', () => {
  const { signer } = makeExperimentalChain(new Date());
  const text = execFileSync('openssl', ['asn1parse'], { input: toPem(signer), encoding: 'utf8' });
  assert.match(text, /2\.16\.840\.1\.101\.3\.4\.3\.18|ML-DSA-65/);
  assert.ok(signer.length > 5_000 && signer.length < 6_500, `${signer.length} octets`);
});
