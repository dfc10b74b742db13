import assert from 'node:assert/strict';
import { createECDH, createPublicKey, randomBytes, verify } from 'node:crypto';
import { test } from 'node:test';
import { createSecretBox } from '@edutrust/platform/secrets';
import { decryptPush } from '../../testing/push-service.ts';
import { applicationServerKey, encryptPush, vapidHeader } from './web-push.ts';

const bytes = (text: string) => Buffer.from(text, 'base64url');

test('the example of RFC 8291, appendix A, byte for byte', () => {
  const sent = encryptPush(
    Buffer.from('When I grow up, I want to be a watermelon'),
    {
      publicKey: bytes('BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'),
      authSecret: bytes('BTBZMqHH6r4Tts7J_aSIgg'),
    },
    { salt: bytes('DGv6ra1nlYgDCS1FRnbzlw'), privateKey: bytes('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw') },
  );
  assert.equal(
    sent.toString('base64url'),
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
  );
});

test('only the browser that subscribed reads the message; another secret or a flipped bit gives nothing', () => {
  const browser = createECDH('prime256v1');
  browser.generateKeys();
  const authSecret = randomBytes(16);
  const sent = encryptPush(Buffer.from('{"waiting":3}'), { publicKey: browser.getPublicKey(), authSecret });
  assert.equal(decryptPush(sent, browser, authSecret).toString(), '{"waiting":3}');
  assert.throws(() => decryptPush(sent, browser, randomBytes(16)));
  sent[sent.length - 1] = (sent.at(-1) ?? 0) ^ 1;
  assert.throws(() => decryptPush(sent, browser, authSecret));
});

test('the installation’s key comes from its secret, and its header is a token for that push service alone (RFC 8292)', async () => {
  const secrets = createSecretBox(Buffer.alloc(32, 7));
  const key = applicationServerKey(secrets);
  assert.deepEqual(key.publicKey, applicationServerKey(createSecretBox(Buffer.alloc(32, 7))).publicKey);
  assert.notDeepEqual(key.publicKey, applicationServerKey(createSecretBox(Buffer.alloc(32, 8))).publicKey);
  const now = new Date('2026-11-01T00:00:00Z');
  const header = await vapidHeader('https://push.example/send/1', key, { contact: 'https://id.example', now });
  const [, token = '', k] = /^vapid t=([^,]+), k=(.+)$/.exec(header) ?? [];
  assert.equal(k, key.publicKey.toString('base64url'));
  const [head = '', claims = '', signature = ''] = token.split('.');
  assert.deepEqual(JSON.parse(bytes(claims).toString()), {
    aud: 'https://push.example',
    sub: 'https://id.example',
    exp: now.getTime() / 1000 + 12 * 3600,
  });
  const publicKey = createPublicKey(key.privateKey);
  const given = { key: publicKey, dsaEncoding: 'ieee-p1363' as const };
  assert.ok(verify('sha256', Buffer.from(`${head}.${claims}`), given, bytes(signature)));
});
