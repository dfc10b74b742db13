import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { fromBase64Url, makeKey, signBytes, toBase64Url, unwrapKey } from './keys.ts';

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
