import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { fromBase64Url, makeKey, signBytes, signDigests, toBase64Url, unwrapKey } from './keys.ts';

const secret = crypto.getRandomValues(new Uint8Array(32)).buffer;

test('K4: the wrapped key opens under the same PRF output only, signs, and cannot be taken out', async () => {
  const made = await makeKey(secret, 'EduTrust signing key\nchallenge\nid');
  const publicKey = createPublicKey({ key: Buffer.from(made.publicKeySpki, 'base64url'), format: 'der', type: 'spki' });
  const isSigned = (text: string, signature: string) =>
    verify(
      'sha256',
      Buffer.from(text),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
  assert.ok(isSigned('EduTrust signing key\nchallenge\nid', made.proofOfPossession));
  const key = await unwrapKey(secret, made.wrappedPrivateKey);
  assert.ok(isSigned('attributes', await signBytes(key, new TextEncoder().encode('attributes'))));
  assert.equal(key.extractable, false);
  await assert.rejects(unwrapKey(new Uint8Array(32).buffer, made.wrappedPrivateKey));
  const damaged = fromBase64Url(made.wrappedPrivateKey);
  damaged[20] = (damaged[20] ?? 0) ^ 1;
  await assert.rejects(unwrapKey(secret, toBase64Url(damaged)));
});

test('a digest of somebody else is signed as it is: the signature is of what it is the digest of', async () => {
  const secret = new Uint8Array(32).fill(9).buffer;
  const made = await makeKey(secret, 'proof');
  const message = Buffer.from('Quyết định số 12');
  const digest = createHash('sha256').update(message).digest();
  const [signature = ''] = await signDigests(secret, made.wrappedPrivateKey, [digest]);
  const key = createPublicKey({ key: Buffer.from(made.publicKeySpki, 'base64url'), format: 'der', type: 'spki' });
  assert.ok(verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')));
  await assert.rejects(signDigests(new Uint8Array(32).buffer, made.wrappedPrivateKey, [digest]));
});
