import assert from 'node:assert/strict';
import { constants, createHash, privateEncrypt, randomUUID, verify, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bearers } from '@edutrust/signing-service/testing/city';
import { verifyFile } from '@edutrust/signing-service/verify';
import { codeOf, type SealingWorld, sealingWorld } from '../../testing/sealing.ts';
import type { Fetch } from './client.ts';
import { openRemoteKey } from './remote-key.ts';
import { type RemoteProvider, readProvider } from './remote-provider.ts';
import { sealNext } from './seal.ts';

const provider: RemoteProvider = { url: 'https://ky-so.test/csc/v2', credentialId: 'GX0112348', accessTokenFile: '' };
const noPause = async () => undefined;

/** What a provider of another maker answers, and how it may go wrong. */
interface Behaviour {
  info?: object;
  authorize?: (body: Authorize) => { status: number; json: unknown };
  signatures?: (signatures: string[]) => unknown;
  answer?: ((method: string) => Response | undefined) | undefined;
}
interface Authorize {
  numSignatures: number;
  hashes: string[];
  authData: { id: string; value?: string }[];
}

/** DigestInfo of SHA-256 (RFC 8017 §9.2). */
const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');

function fakeProvider(world: SealingWorld, behaviour: Behaviour = {}) {
  const { certificate, issuing, key } = world.seal;
  const calls: { method: string; body: Record<string, unknown> }[] = [];
  let bound: readonly string[] = [];
  const credential = {
    key: { status: 'enabled', algo: ['1.2.840.113549.1.1.11'], len: 2048 },
    cert: { status: 'valid', certificates: [certificate, issuing].map((der) => der.toString('base64')) },
    auth: { mode: 'explicit', objects: [{ type: 'Password', id: 'PIN', label: 'PIN' }] },
    multisign: 100,
    ...behaviour.info,
  };
  const sign = (hash: string) =>
    privateEncrypt(
      { key, padding: constants.RSA_PKCS1_PADDING },
      Buffer.concat([digestInfo, Buffer.from(hash, 'base64')]),
    ).toString('base64');
  const answer = (method: string, body: Record<string, unknown>): { status: number; json: unknown } => {
    switch (method) {
      case 'credentials/info':
        return { status: 200, json: credential };
      case 'credentials/authorize': {
        bound = (body as unknown as Authorize).hashes;
        return behaviour.authorize?.(body as unknown as Authorize) ?? { status: 200, json: { SAD: randomUUID() } };
      }
      case 'credentials/authorizeCheck':
        return { status: 200, json: { SAD: randomUUID() } };
      default: {
        assert.deepEqual(body.hashes, bound, 'exactly what was authorised');
        const signatures = (body.hashes as string[]).map(sign);
        return { status: 200, json: { signatures: behaviour.signatures?.(signatures) ?? signatures } };
      }
    }
  };
  const fetch: Fetch = async (url, init) => {
    const method = url.replace(`${provider.url}/`, '');
    const given = behaviour.answer?.(method);
    if (given) return given;
    const body = JSON.parse(String(init.body)) as Record<string, unknown>;
    calls.push({ method, body });
    const { status, json } = answer(method, body);
    return new Response(JSON.stringify(json), { status });
  };
  return { fetch, calls };
}

describe('the school’s key at a provider of remote signing (CSC API v2)', () => {
  let world: SealingWorld;
  let folder: string;
  const tokens = new Map<string, { clientId: string; personId: string; scopes: string[] }>();
  let named: RemoteProvider;

  before(async () => {
    world = await sealingWorld(undefined, {
      holderOf: bearers(tokens),
      app: async () => ({ name: 'EduTrust khác', scopes: ['service'] }),
    });
    folder = await mkdtemp(join(tmpdir(), 'edutrust-remote-'));
    await writeFile(join(folder, 'token'), 'a-token-that-somebody-fetched-for-this-provider\n');
    named = { ...provider, accessTokenFile: join(folder, 'token') };
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await world?.[Symbol.asyncDispose]();
  });

  const open = (behaviour?: Behaviour) => openRemoteKey(named, fakeProvider(world, behaviour).fetch, noPause);

  test('a list is sealed with one authorisation that is bound to all of its hashes, and everybody judges it valid', async () => {
    const fake = fakeProvider(world);
    const key = await openRemoteKey(named, fake.fetch, noPause);
    const client = await world.pair({ key, askPin: async () => '2718' });
    await world.readyForSeal(1);
    await sealNext(world.computer({ key, askPin: async () => '2718' }), client);
    const ids = await world.readyForSeal(3);
    fake.calls.length = 0;
    const done = await sealNext(world.computer({ key, askPin: async () => '2718' }), client);
    assert.deepEqual([done?.sealed, done?.waiting, done?.problem], [3, 0, undefined]);
    const authorised = fake.calls.filter(({ method }) => method === 'credentials/authorize');
    assert.equal(authorised.length, 1);
    assert.equal(authorised[0]?.body.numSignatures, 3);
    assert.deepEqual(authorised[0]?.body.authData, [{ id: 'PIN', value: '2718' }]);
    assert.equal(fake.calls.filter(({ method }) => method === 'signatures/signHash').length, 1);
    for (const id of ids) assert.equal(await world.stateOf(id), 'issued');
    const { body } = await world.city.call(
      world.school.administratorId,
      'GET',
      `/api/v1/signing/requests/${ids[0]}/document?artefact=document`,
    );
    const { signatures } = await verifyFile(world.city.context, body);
    assert.ok(signatures.some(({ signer, intact }) => intact && signer?.issuer === 'CN=Ban Cơ yếu CA'));
    // What goes wrong at the provider seals nothing, and what waits goes on waiting.
    const [waiting = ''] = await world.readyForSeal(1);
    for (const [behaviour, code] of hostile) {
      const computer = world.computer({
        key: { ...key, unlock: (pin) => reopened(behaviour, pin) },
        askPin: async () => '2718',
      });
      assert.equal(await codeOf(sealNext(computer, client)), code);
      assert.equal(await world.stateOf(waiting), 'signed', code);
    }
  });

  /** The key of a provider that was good when the program began. */
  function reopened(behaviour: Behaviour, pin: string) {
    let isOpen = false;
    const good = fakeProvider(world);
    const bad = fakeProvider(world, behaviour);
    const key = openRemoteKey(named, (...given) => (isOpen ? bad : good).fetch(...given), noPause);
    const signAll = async (all: readonly Uint8Array[]) => {
      const opened = await key;
      isOpen = true;
      const { signAll: sign } = opened.unlock(pin);
      return sign?.(all) ?? [];
    };
    return {
      signAll,
      sign: async (bytes: Uint8Array) => (await signAll([bytes]))[0] ?? Buffer.alloc(0),
      lock: noPause,
    };
  }

  const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });
  const at =
    (method: string, make: () => Response): Behaviour['answer'] =>
    (asked) =>
      asked === method ? make() : undefined;
  const hostile: readonly (readonly [Behaviour, string])[] = [
    [
      {
        answer: () => {
          throw new TypeError('fetch failed');
        },
      },
      'remote/no-answer',
    ],
    [{ answer: at('signatures/signHash', () => json({}, 503)) }, 'remote/no-answer'],
    [
      { authorize: () => ({ status: 400, json: { error: 'invalid_otp', error_description: 'The OTP is invalid' } }) },
      'remote/refused',
    ],
    [{ answer: at('signatures/signHash', () => json({ error: 'invalid_request' }, 400)) }, 'remote/refused'],
    [{ answer: at('credentials/authorize', () => new Response('<html>', { status: 200 })) }, 'remote/bad-answer'],
    [{ answer: at('credentials/authorize', () => json({ SAD: 7 })) }, 'remote/bad-answer'],
    [{ answer: at('signatures/signHash', () => new Response('x'.repeat(2 * 1024 * 1024))) }, 'remote/bad-answer'],
    [{ signatures: () => [] }, 'remote/bad-answer'],
    [{ signatures: (all) => [...all, ...all] }, 'remote/bad-answer'],
    [{ signatures: (all) => all.map(() => Buffer.alloc(256).toString('base64')) }, 'remote/wrong-signature'],
    [{ signatures: (all) => all.map(() => 7) }, 'remote/wrong-signature'],
    [{ info: { key: { status: 'disabled', algo: ['1.2.840.113549.1.1.11'] } } }, 'remote/not-usable'],
    [{ info: { auth: { mode: 'oauth2code' } } }, 'remote/by-browser'],
    [{ info: { cert: { certificates: [] } } }, 'remote/bad-answer'],
    [{ info: { key: { status: 'enabled', algo: ['1.2.3'] } } }, 'remote/bad-answer'],
  ];

  test('another certificate than at the start signs nothing', async () => {
    const { certificate } = world.keyOf('other');
    const info = {
      key: { status: 'enabled', algo: ['1.2.840.10045.4.3.2'] },
      cert: { status: 'valid', certificates: [certificate.toString('base64')] },
    };
    const unlocked = reopened({ info }, '2718');
    assert.equal(await codeOf(unlocked.sign(Buffer.from('x'))), 'sign/other-certificate');
  });

  test('somebody who confirms elsewhere is waited for; nobody who does is an end; two things to type are both asked for', async () => {
    const handle = { status: 202, json: { handle: 'h' } };
    const phone = { auth: { mode: 'explicit', objects: [{ type: 'ChallengeResponseOOB', id: 'phone' }] } };
    const key = await open({ info: phone, authorize: () => handle });
    const signature = await key.unlock('có').sign(Buffer.from('x'));
    assert.ok(verify('sha256', Buffer.from('x'), new X509Certificate(key.certificate).publicKey, signature));
    const never: Behaviour = {
      info: phone,
      authorize: () => handle,
      answer: at('credentials/authorizeCheck', () => json({ handle: 'h' }, 202)),
    };
    assert.equal(await codeOf((await open(never)).unlock('có').sign(Buffer.from('x'))), 'remote/not-confirmed');
    const two = {
      auth: {
        mode: 'explicit',
        objects: [
          { type: 'Password', id: 'PIN' },
          { type: 'Password', id: 'OTP' },
        ],
      },
    };
    const both = await open({ info: two });
    assert.equal(await codeOf(both.unlock('2718').sign(Buffer.from('x'))), 'remote/type-all');
    assert.ok(await both.unlock('2718 123456').sign(Buffer.from('x')));
  });

  test('a list longer than the provider authorises at once goes in parts', async () => {
    const fake = fakeProvider(world, { info: { multisign: 2 } });
    const key = await openRemoteKey(named, fake.fetch, noPause);
    const texts = ['một', 'hai', 'ba'].map((text) => Buffer.from(text));
    const signatures = (await key.unlock('2718').signAll?.(texts)) ?? [];
    const { publicKey } = new X509Certificate(key.certificate);
    assert.deepEqual(
      texts.map((text, index) => verify('sha256', text, publicKey, signatures[index] ?? Buffer.alloc(0))),
      [true, true, true],
    );
    const counts = fake.calls.flatMap(({ method, body }) =>
      method === 'credentials/authorize' ? [body.numSignatures] : [],
    );
    assert.deepEqual(counts, [2, 1]);
  });

  test('our own service is such a provider: its signer confirms on the phone, and the client has the signature', async () => {
    const phone = await world.city.phoneOf(world.school.principalId);
    const token = createHash('sha256').update('token').digest('base64url');
    tokens.set(token, { clientId: 'edutrust-khac', personId: phone.personId, scopes: ['service'] });
    await writeFile(join(folder, 'own'), token);
    const { json: enrolment } = await phone.call('GET', 'enrolment');
    const own = {
      url: `${world.city.origin}/csc/v2`,
      credentialId: enrolment.id,
      accessTokenFile: join(folder, 'own'),
    };
    const confirm = async () => {
      const { items } = (await phone.call('GET', 'authorisations')).json;
      assert.equal((await phone.confirmHashes(items[0].id)).status, 204);
    };
    const key = await openRemoteKey(own, world.fetch, confirm);
    const text = Buffer.from('Học bạ');
    const signature = await key.unlock('có').sign(text);
    assert.ok(verify('sha256', text, new X509Certificate(key.certificate).publicKey, signature));
  });

  test('the file of a provider says where, in what name and how; anything else is told', async () => {
    const path = join(folder, 'provider.json');
    const good = { url: provider.url, credentialId: 'x', clientId: 'y', clientSecretFile: 'z' };
    const write = async (value: unknown) => {
      await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value));
      return readProvider(path);
    };
    assert.deepEqual(await write(good), good);
    for (const bad of [
      'no JSON',
      { ...good, url: 'http://ky-so.test/csc/v2' },
      { ...good, clientSecretFile: undefined },
      { ...good, accessTokenFile: 'both' },
      { ...good, pin: '2718' },
    ])
      assert.equal(await codeOf(write(bad)), 'remote/bad-file', JSON.stringify(bad));
    assert.equal(await codeOf(readProvider(join(folder, 'none'))), 'command/no-file');
  });

  test('an app’s own secret is changed for a token at the server that the provider names', async () => {
    await writeFile(join(folder, 'secret'), 'bí mật\n');
    const fake = fakeProvider(world);
    const seen: string[] = [];
    const fetch: Fetch = async (url, init) => {
      if (url.endsWith('/info') && !url.endsWith('credentials/info'))
        return json({ oauth2: 'https://ky-so.test/dang-nhap' });
      if (url === 'https://ky-so.test/dang-nhap/oauth2/token') {
        seen.push(String(init.body), (init.headers as Record<string, string>).authorization ?? '');
        return json({ access_token: 'abc', token_type: 'Bearer' });
      }
      assert.equal((init.headers as Record<string, string>).authorization, 'Bearer abc');
      return fake.fetch(url, init);
    };
    const byApp = {
      url: provider.url,
      credentialId: 'GX',
      clientId: 'truong',
      clientSecretFile: join(folder, 'secret'),
    };
    assert.ok((await openRemoteKey(byApp, fetch, noPause)).certificate);
    const basic = Buffer.from(`truong:${encodeURIComponent('bí mật')}`).toString('base64');
    assert.deepEqual(seen, ['grant_type=client_credentials&scope=service', `Basic ${basic}`]);
  });
});
