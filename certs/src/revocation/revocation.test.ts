import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { metricsText } from '@edutrust/platform/metrics';
import { addRoutes } from '@edutrust/platform/route';
import { type Exchanged, exchange } from '@edutrust/testing/exchange';
import { bareServer } from '@edutrust/testing/served';
import { sql } from 'kysely';
import { openWorkshop } from '../../testing/workshop.ts';
import { findAuthority, releaseCertificate, revokeCertificate } from '../authority/authority.ts';
import { keyIdentifier, parseCertificate, toPem } from '../certificate/certificate.ts';
import { extensionIds, readExtendedKeyUsage } from '../certificate/extensions.ts';
import { bitString, explicit, integer, nullValue, octetString, oid, readDer, sequence } from '../der/der.ts';
import { parseRevocationList } from '../path/crl.ts';
import { encodeRevocationList } from './encode.ts';
import { createOcspResponder } from './ocsp.ts';
import {
  listLifetimeMs,
  newestRevocationList,
  publishRevocationList,
  refreshRevocationLists,
} from './revocation-list.ts';
import { repositoryRoutes } from './routes.ts';

const actor = { kind: 'system', name: 'test' } as const;
type Workshop = Awaited<ReturnType<typeof openWorkshop>>;

async function newest({ context }: Workshop, id = 'people') {
  const list = await newestRevocationList(context.db, id);
  return list ?? assert.fail(`no list of ${id}`);
}

/** An OCSPRequest, written here so that every part of it can be wrong. */
function request(
  issuer: Buffer,
  serials: readonly Buffer[],
  options: { readonly nonce?: Buffer; readonly hash?: 'sha1' | 'sha256'; readonly unknownCritical?: boolean } = {},
): Buffer {
  const { subject, subjectPublicKeyInfo } = parseCertificate(issuer);
  const hash = options.hash ?? 'sha1';
  const name = createHash(hash).update(subject.der).digest();
  const bits = readDer(subjectPublicKeyInfo).children()[1]?.contents.subarray(1) ?? Buffer.alloc(0);
  const key = hash === 'sha1' ? keyIdentifier(subjectPublicKeyInfo) : createHash(hash).update(bits).digest();
  const algorithm = sequence(oid(hash === 'sha1' ? '1.3.14.3.2.26' : '2.16.840.1.101.3.4.2.1'), nullValue);
  const one = (serial: Buffer) => sequence(sequence(algorithm, octetString(name), octetString(key), integer(serial)));
  const extensions = [
    ...(options.nonce ? [sequence(oid('1.3.6.1.5.5.7.48.1.2'), octetString(octetString(options.nonce)))] : []),
    ...(options.unknownCritical ? [sequence(oid('1.2.3.4'), Buffer.of(1, 1, 0xff), octetString(Buffer.of(5, 0)))] : []),
  ];
  return sequence(
    sequence(sequence(...serials.map(one)), ...(extensions.length > 0 ? [explicit(2, sequence(...extensions))] : [])),
  );
}

/** What openssl says of an answer that it has verified. */
async function readAnswer(shop: Workshop, asked: Buffer, answer: Buffer): Promise<string> {
  await shop.write('request.der', asked);
  await shop.write('answer.der', answer);
  await shop.write(
    'issuing.pem',
    ['people', 'services'].map((id) => readFileSync(join(shop.folder, `${id}.pem`), 'utf8')).join(''),
  );
  return shop.openssl(
    'ocsp',
    '-reqin',
    'request.der',
    '-respin',
    'answer.der',
    '-CAfile',
    'root.pem',
    '-verify_other',
    'issuing.pem',
    '-resp_text',
  );
}

const refusals = { malformedRequest: '30030a0101', unauthorized: '30030a0106' } as const;

test('C5: a list’s number never falls: not for eight at once, not after a restore; its next update lies ahead', async () => {
  let offset = 0;
  await using shop = await openWorkshop({ clock: { now: () => new Date(Date.now() + offset) } });
  const { context } = shop;
  const publish = () =>
    context.db.transaction().execute((transaction) => publishRevocationList(context, transaction, 'people'));
  await Promise.all(Array.from({ length: 8 }, publish));
  const numbers = await sql<{ number: number }>`
    SELECT number FROM certs.revocation_list WHERE issuer_id = 'people' ORDER BY number`.execute(context.db);
  assert.equal(new Set(numbers.rows.map(({ number }) => number)).size, 9);
  const highest = (await newest(shop)).number;
  // yesterday's backup: what was published since is gone from the tables, not from the world
  await sql`DELETE FROM certs.revocation_list WHERE issuer_id = 'people'`.execute(context.db);
  offset = 60_000;
  await publish();
  const after = await newest(shop);
  assert.ok(after.number > highest, `${after.number} after ${highest}`);
  assert.equal(after.nextUpdate.getTime() - after.thisUpdate.getTime(), listLifetimeMs);
  offset = listLifetimeMs / 2 + 120_000;
  await refreshRevocationLists(context);
  assert.ok((await newest(shop)).thisUpdate > after.thisUpdate, 'a new base at half of the old one’s life');
  await shop.write('list.der', (await newest(shop)).der);
  assert.match(
    shop.openssl('crl', '-inform', 'DER', '-in', 'list.der', '-noout', '-text', '-CAfile', 'people.pem'),
    /CRL Number/,
  );
});

test('C5: the list is served while no key can sign', async () => {
  await using shop = await openWorkshop();
  await sql`UPDATE certs.key SET store = 'offline', sealed_private_key = NULL WHERE purpose = 'ca'`.execute(
    shop.context.db,
  );
  await using server = await serve(shop);
  const { statusCode, rawPayload } = await server.app.inject('/pki/people.crl');
  assert.equal(statusCode, 200);
  assert.deepEqual(rawPayload, (await newest(shop)).der);
  await refreshRevocationLists(shop.context); // and nothing throws
});

test('C4: suspended, released, revoked: the whole list, the delta and openssl agree at each step; final is final', async () => {
  await using shop = await openWorkshop();
  const { context } = shop;
  const { serial } = await shop.issue('Người Tạm Dừng');
  await shop.issue('Người Khác');
  const base = await newest(shop);
  assert.equal(base.delta, null);
  await shop.write('base.pem', toPem(base.der, 'X509 CRL'));
  const leaf = await shop.issue('Người Bị Thu Hồi');

  await revokeCertificate(context, serial, 'certificateHold', actor);
  const held = await newest(shop);
  assert.equal(parseRevocationList(held.der).revoked.get(serial)?.reason, 6);
  await releaseCertificate(context, serial, actor);
  await assert.rejects(releaseCertificate(context, serial, actor), { code: 'certificates/not-suspended' });
  const released = await newest(shop);
  assert.equal(parseRevocationList(released.der).revoked.has(serial), false);
  await shop.write('delta.der', released.delta ?? assert.fail('no delta'));
  const text = shop.openssl('crl', '-inform', 'DER', '-in', 'delta.der', '-noout', '-text', '-CAfile', 'people.pem');
  assert.match(text, /Delta CRL Indicator: critical\s+[0-9A-F]+/i);
  assert.match(text, /Remove From CRL/);

  await revokeCertificate(context, leaf.serial, 'keyCompromise', actor);
  const last = await newest(shop);
  await shop.write('delta.pem', toPem(last.delta ?? assert.fail('no delta'), 'X509 CRL'));
  await shop.write('leaf.pem', toPem(leaf.der));
  await shop.write(
    'lists.pem',
    readFileSync(join(shop.folder, 'base.pem'), 'utf8') + toPem((await newest(shop, 'root')).der, 'X509 CRL'),
  );
  const verify = (...more: string[]) => {
    const args = [
      'verify',
      '-crl_check',
      '-CAfile',
      'root.pem',
      '-untrusted',
      'people.pem',
      '-CRLfile',
      'lists.pem',
      ...more,
      'leaf.pem',
    ];
    return execFileSync('sh', ['-c', `openssl ${args.join(' ')} 2>&1 || true`], { cwd: shop.folder, encoding: 'utf8' });
  };
  assert.match(verify(), /leaf\.pem: OK/, 'yesterday’s base does not know it yet');
  assert.match(
    verify('-extended_crl', '-use_deltas', '-CRLfile', 'delta.pem'),
    /certificate revoked/,
    'base and delta do',
  );
  await assert.rejects(releaseCertificate(context, leaf.serial, actor), { code: 'certificates/not-suspended' });
  await revokeCertificate(context, leaf.serial, 'certificateHold', actor);
  assert.equal(
    parseRevocationList((await newest(shop)).der).revoked.get(leaf.serial)?.reason,
    1,
    'keyCompromise stands',
  );
  await revokeCertificate(context, serial, 'certificateHold', actor);
  await revokeCertificate(context, serial, 'cessationOfOperation', actor);
  assert.equal(
    parseRevocationList((await newest(shop)).der).revoked.get(serial)?.reason,
    5,
    'a suspension that became final',
  );
});

test('C4: two processes say revoked within ten seconds of the acknowledgement, whatever they have kept', async () => {
  await using shop = await openWorkshop();
  let steady = 0;
  const { answer: here } = createOcspResponder(shop.context, () => steady);
  const { answer: there } = createOcspResponder(shop.context, () => steady);
  const { serial } = await shop.issue('Người Bị Thu Hồi');
  const { certificate } = await findAuthority(shop.context.db, 'people');
  const asked = request(certificate, [Buffer.from(serial, 'hex')]);
  const said = async (ask: typeof here) => {
    const { der, reusableSeconds } = await ask(asked);
    assert.ok(reusableSeconds <= 10, 'caches on the way keep it no longer either');
    return (await readAnswer(shop, asked, der)).match(/Cert Status: (\w+)/)?.[1];
  };
  const first = await here(asked);
  assert.equal(await said(here), 'good');
  assert.equal(await said(there), 'good');
  assert.deepEqual((await here(asked)).der, first.der, 'signed once, given twice');
  await revokeCertificate(shop.context, serial, 'keyCompromise', actor);
  steady = 5_001;
  assert.equal(await said(here), 'revoked');
  assert.equal(await said(there), 'revoked');
});

test('OCSP: one certificate is signed for once in half an hour, and at once again when its state changes', async () => {
  await using shop = await openWorkshop();
  let steady = 0;
  const { answer } = createOcspResponder(shop.context, () => steady);
  const { serial } = await shop.issue('Người Hay Hỏi');
  const { certificate } = await findAuthority(shop.context.db, 'people');
  const asked = request(certificate, [Buffer.from(serial, 'hex')]);
  const first = await answer(asked);
  steady = 29 * 60_000;
  assert.deepEqual((await answer(asked)).der, first.der, 'the same signature while nothing has changed');
  await revokeCertificate(shop.context, serial, 'certificateHold', actor);
  steady += 5_001;
  const suspended = await answer(asked);
  assert.match(await readAnswer(shop, asked, suspended.der), /Cert Status: revoked/);
  await releaseCertificate(shop.context, serial, actor);
  steady += 5_001;
  assert.match(await readAnswer(shop, asked, (await answer(asked)).der), /Cert Status: good/);
  steady += 31 * 60_000;
  const later = await answer(asked);
  assert.notDeepEqual(later.der, first.der);
  assert.match(await readAnswer(shop, asked, later.der), /Cert Status: good/);
});

test('C6: what is asked wrongly is malformed, what is not ours unauthorized, what was never issued never good', async () => {
  await using shop = await openWorkshop();
  const { answer: ask } = createOcspResponder(shop.context);
  const { serial } = await shop.issue('Ai Đó');
  const people = (await findAuthority(shop.context.db, 'people')).certificate;
  const services = (await findAuthority(shop.context.db, 'services')).certificate;
  const own = Buffer.from(serial, 'hex');
  const hexOf = async (asked: Buffer) => (await ask(asked)).der.toString('hex');

  for (const length of [1, 16, 32]) {
    const asked = request(people, [own], { nonce: Buffer.alloc(length, 7), hash: 'sha256' });
    const { der, reusableSeconds } = await ask(asked);
    assert.equal(reusableSeconds, 0);
    assert.match(await readAnswer(shop, asked, der), /Cert Status: good[\s\S]*OCSP Nonce/i);
  }
  for (const nonce of [Buffer.alloc(0), Buffer.alloc(33, 7)])
    assert.equal(await hexOf(request(people, [own], { nonce })), refusals.malformedRequest);
  assert.equal(await hexOf(request(people, [], {})), refusals.malformedRequest);
  assert.equal(await hexOf(request(people, Array<Buffer>(1_000).fill(own))), refusals.malformedRequest);
  assert.equal(await hexOf(request(people, [own], { unknownCritical: true })), refusals.malformedRequest);
  assert.equal(await hexOf(Buffer.concat([request(people, [own]), Buffer.of(0)])), refusals.malformedRequest);
  assert.equal(await hexOf(request(toForeign(), [own])), refusals.unauthorized);
  const asked = request(services, [own]); // ours, but of the other authority
  assert.match(await readAnswer(shop, asked, (await ask(asked)).der).catch(String), /Cert Status: unknown/);
  const never = request(people, [Buffer.from('4123456789abcdef4123456789abcdef41234567', 'hex')]);
  assert.match(await readAnswer(shop, never, (await ask(never)).der), /Cert Status: unknown/);
  const intent = request(people, [Buffer.from('4f'.repeat(20), 'hex')]);
  await sql`INSERT INTO certs.certificate (serial, issuer_id, profile, subject, request_key, state, tbs, not_before, not_after, public_key_sha256)
    VALUES (${'4f'.repeat(20)}, 'people', 'official', 'x', 'half', 'intent', ''::bytea, now(), now(), ''::bytea)`.execute(
    shop.context.db,
  );
  assert.match(
    await readAnswer(shop, intent, (await ask(intent)).der),
    /Cert Status: unknown/,
    'an intent is not issued',
  );
  const several = request(people, [own, Buffer.alloc(20, 0x41)]);
  assert.match(await readAnswer(shop, several, (await ask(several)).der), /good[\s\S]*unknown/);

  const { rows } = await sql<{ certificate: Buffer }>`
    SELECT certificate FROM certs.responder WHERE purpose = 'ocsp' AND issuer_id = 'people'`.execute(shop.context.db);
  const responder = parseCertificate(rows[0]?.certificate ?? assert.fail('no responder'));
  assert.deepEqual(readExtendedKeyUsage(responder), ['1.3.6.1.5.5.7.3.9']);
  assert.ok(responder.extensions.has(extensionIds.ocspNoCheck));
});

function toForeign(): Buffer {
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    '/dev/null',
    '-subj',
    '/CN=Other',
    '-outform',
    'DER',
  ];
  return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
}

async function serve({ context }: Workshop) {
  const app = await bareServer(context);
  addRoutes(app, repositoryRoutes(context));
  return { app, [Symbol.asyncDispose]: () => app.close() };
}

test('C6: an answer that is given again before the framework is the same, header by header', async () => {
  await using shop = await openWorkshop();
  await using server = await serve(shop);
  const { app } = server;
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  const { serial } = await shop.issue('Ai Đó');
  const people = (await findAuthority(shop.context.db, 'people')).certificate;
  const asked = request(people, [Buffer.from(serial, 'hex')]);
  const noncedNever = request(people, [Buffer.from(serial, 'hex')], { nonce: Buffer.alloc(16, 7) });
  const path = encodeURIComponent(asked.toString('base64'));
  const headers = { 'content-type': 'application/ocsp-request', 'content-length': String(asked.length) };
  const post = (extra: Record<string, string>) =>
    exchange(`${origin}/pki/ocsp`, { method: 'POST', headers: { ...headers, ...extra }, body: asked });
  const same = (one: Exchanged, other: Exchanged, what = one.body.toString()) => {
    const { 'x-request-id': first, ...own } = one.headers;
    const { 'x-request-id': second, ...others } = other.headers;
    const text = ({ body }: Exchanged) => body.toString('latin1').replaceAll(/"requestId":"[^"]+"/g, 'requestId');
    assert.deepEqual([one.status, own, text(one)], [other.status, others, text(other)]);
    assert.equal(typeof first, typeof second, what);
  };
  const before = await requestsOf('/pki/ocsp');
  same(await post({}), await post({ 'content-type': 'application/ocsp-request; a=b' })); // the route signs, and reads the body
  same(await post({}), await post({ 'content-type': 'application/ocsp-request; a=b' })); // given again directly
  for (const written of [path, asked.toString('base64').replaceAll('+', '%2b')])
    same(
      await exchange(`${origin}/pki/ocsp/${written}`),
      await exchange(`${origin}/pki/ocsp/${written}`, { headers: { 'content-length': '0' } }),
    );
  for (const wrong of ['', '%', '%00', 'AAAA', `${path}%zz`])
    same(
      await exchange(`${origin}/pki/ocsp/${wrong}`),
      await exchange(`${origin}/pki/ocsp/${wrong}`, { headers: { 'content-length': '0' } }),
    );
  const nonced = { ...headers, 'content-length': String(noncedNever.length) };
  const twice = [0, 1].map(() =>
    exchange(`${origin}/pki/ocsp`, { method: 'POST', headers: nonced, body: noncedNever }),
  );
  const [one, other] = await Promise.all(twice);
  assert.notDeepEqual(one?.body, other?.body, 'a nonce is answered anew');
  assert.equal((await requestsOf('/pki/ocsp')) - before, 6);
});

/** How many answers the metrics have of the route, on either way. */
async function requestsOf(route: string): Promise<number> {
  const line = new RegExp(`request_seconds_count\\{method="POST",route="${route}",status="2xx"\\} (\\d+)`);
  return Number(line.exec(await metricsText())?.[1] ?? 0);
}

test('C6: GET and POST answer alike over HTTP; lists and certificates have their types and may be cached', async () => {
  await using shop = await openWorkshop();
  await using server = await serve(shop);
  const { app } = server;
  const { serial } = await shop.issue('Ai Đó');
  const people = (await findAuthority(shop.context.db, 'people')).certificate;
  const asked = request(people, [Buffer.from(serial, 'hex')]);
  const got = await app.inject(`/pki/ocsp/${encodeURIComponent(asked.toString('base64'))}`);
  const posted = await app.inject({
    method: 'POST',
    url: '/pki/ocsp',
    payload: asked,
    headers: { 'content-type': 'application/ocsp-request' },
  });
  assert.equal(got.headers['content-type'], 'application/ocsp-response');
  assert.equal(got.headers['cache-control'], 'public, max-age=5');
  assert.deepEqual(got.rawPayload, posted.rawPayload);
  assert.match(await readAnswer(shop, asked, posted.rawPayload), /Cert Status: good/);
  assert.equal((await app.inject('/pki/ocsp/not-base64!')).rawPayload.toString('hex'), refusals.malformedRequest);
  await revokeCertificate(shop.context, serial, 'superseded', actor);
  for (const [path, type] of [
    ['people.crl', 'application/pkix-crl'],
    ['people.delta.crl', 'application/pkix-crl'],
    ['root.crt', 'application/pkix-cert'],
  ] as const) {
    const { statusCode, headers } = await app.inject(`/pki/${path}`);
    assert.deepEqual([statusCode, headers['content-type']], [200, type], path);
  }
  assert.equal((await app.inject('/pki/nobody.crl')).statusCode, 404);
});

test('C4, C6: GnuTLS and NSS read the list, and GnuTLS the answer, as they are meant', async () => {
  await using shop = await openWorkshop();
  const { serial } = await shop.issue('Người Bị Thu Hồi');
  await revokeCertificate(shop.context, serial, 'keyCompromise', actor);
  await shop.write('list.der', (await newest(shop)).der);
  const options = { cwd: shop.folder, encoding: 'utf8', stdio: 'pipe' } as const;
  const run = (tool: string, ...args: string[]) => execFileSync(tool, args, options);
  await shop.write('list.pem', toPem((await newest(shop)).der, 'X509 CRL'));
  const list = ['--infile', 'list.pem'];
  assert.match(run('certtool', '--verify-crl', '--load-ca-certificate', 'people.pem', ...list), /Verified\./);
  assert.match(run('certtool', '--crl-info', ...list), new RegExp(`Serial Number \\(hex\\): ${serial}`, 'i'));

  run('certutil', '-N', '-d', 'sql:.', '--empty-password');
  run('certutil', '-A', '-d', 'sql:.', '-n', 'root', '-t', 'C,C,C', '-i', 'root.pem');
  run('certutil', '-A', '-d', 'sql:.', '-n', 'people', '-t', ',,', '-i', 'people.pem');
  run('certutil', '-A', '-d', 'sql:.', '-n', 'leaf', '-t', ',,', '-i', 'leaf.pem');
  run('crlutil', '-I', '-d', 'sql:.', '-i', 'list.der', '-t', '1');
  assert.throws(
    () => run('certutil', '-V', '-d', 'sql:.', '-n', 'leaf', '-u', 'S'),
    ({ stdout, stderr }: { stdout: string; stderr: string }) => /revoked/i.test(stdout + stderr),
  );

  shop.openssl('ocsp', '-issuer', 'people.pem', '-cert', 'leaf.pem', '-no_nonce', '-reqout', 'request.der');
  const { der } = await createOcspResponder(shop.context).answer(readFileSync(join(shop.folder, 'request.der')));
  await shop.write('answer.der', der);
  const answer = ['--load-response', 'answer.der', '--load-trust', 'people.pem'];
  assert.match(run('ocsptool', '--verify-response', ...answer), /Verifying OCSP Response: Success/);
  assert.match(run('ocsptool', '--response-info', ...answer), /Certificate Status: revoked/);
});

test('C4: a list of 120,000 revocations is made and read back', async () => {
  await using shop = await openWorkshop();
  const { certificate } = await findAuthority(shop.context.db, 'people');
  const at = new Date('2026-11-25T00:00:00Z');
  const serialOf = (index: number) => `5a${index.toString(16).padStart(38, '0')}`;
  const entries = Array.from({ length: 120_000 }, (_, index) => ({
    serial: serialOf(index),
    revoked_at: at,
    revocation_reason: 'superseded',
    released_at: null,
    listed_in: null,
  }));
  const issuer = parseCertificate(certificate);
  const form = {
    issuer,
    signatureAlgorithm: 'ecdsa-sha256',
    thisUpdate: at,
    lifetimeMs: listLifetimeMs,
    number: 1,
  } as const;
  const tbs = encodeRevocationList({ ...form, entries });
  const list = parseRevocationList(sequence(tbs, sequence(oid('1.2.840.10045.4.3.2')), bitString(Buffer.alloc(70, 1))));
  assert.equal(list.revoked.size, entries.length);
  assert.ok(list.revoked.has(serialOf(119_999)));
});
