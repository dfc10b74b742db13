import assert from 'node:assert/strict';
import { randomBytes, verify, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InvalidInput } from '@edutrust/platform/errors';
import { commonName, testAuthority, testCertificate, testKey } from '../../testing/certificate.ts';
import { testTokens } from '../../testing/school-token.ts';
import { openSchoolToken } from './school-token.ts';

test('a token signs with the key of its certificate (RSA, P-256), after a PIN, until it is locked, pulled out or put back', async () => {
  const root = testAuthority('Gốc');
  const authority = testAuthority('CA', root);
  const seal = (kind: 'rsa' | 'p256') => {
    const { privateKey: key, publicKey } = testKey(kind);
    return { key, certificate: testCertificate(authority, { subject: commonName('Trường'), publicKey }) };
  };
  const [first, second] = [seal('rsa'), seal('p256')];
  await using tokens = await testTokens([
    { label: 'rsa', key: first.key, certificates: [first.certificate, authority.certificate, root.certificate] },
    { label: 'p256', key: second.key, certificates: [second.certificate] },
  ]);
  const open = (label?: string) => openSchoolToken(tokens.library, label);
  assert.throws(
    () => open(),
    (error) => error instanceof InvalidInput && /: (?:rsa, p256|p256, rsa)\.$/.test(error.detail.en),
    'an empty slot is no token',
  );
  assert.throws(() => open('none'), { code: 'token/none' });
  assert.throws(() => openSchoolToken('/none.so'), { code: 'token/no-library' });
  const bytes = randomBytes(1000);
  for (const [label, issued] of [['rsa', first] as const, ['p256', second] as const]) {
    const token = open(label);
    assert.deepEqual(token.certificates, [issued.certificate]);
    assert.throws(() => token.unlock(issued.certificate, '000000'), { code: 'token/wrong-pin' });
    const key = token.unlock(issued.certificate, tokens.pin);
    assert.ok(verify('sha256', bytes, new X509Certificate(issued.certificate).publicKey, await key.sign(bytes)));
    key.lock();
    await assert.rejects(key.sign(bytes), { code: 'token/lost' }, 'locked');
  }
  assert.deepEqual(open('rsa').issuers, [authority.certificate], 'without the root');

  const token = open('rsa');
  const key = token.unlock(first.certificate, tokens.pin);
  await tokens.pullOut();
  await assert.rejects(key.sign(bytes), { code: 'token/lost' });
  key.lock();
  await tokens.putBack();
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')(); // koffi unloads a library that nothing refers to: what calls it then dies with the process
  const again = open('rsa').unlock(first.certificate, tokens.pin);
  assert.ok(verify('sha256', bytes, new X509Certificate(first.certificate).publicKey, await again.sign(bytes)));
  again.lock();
});
