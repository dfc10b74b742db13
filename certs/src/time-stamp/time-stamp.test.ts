import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addRoutes } from '@edutrust/platform/route';
import { bareServer } from '@edutrust/testing/served';
import { sql } from 'kysely';
import { openWorkshop } from '../../testing/workshop.ts';
import { trustMaterial } from '../authority/authority.ts';
import { verifyTimeStampToken } from '../cms/cms.ts';
import {
  boolean,
  childrenOf,
  explicit,
  integer,
  nullValue,
  octetString,
  oid,
  readBitString,
  readDer,
  sequence,
  tag,
} from '../der/der.ts';
import { repositoryRoutes } from '../revocation/routes.ts';
import { trustworthyNow } from './clock.ts';
import { answerTimeStampRequest, timeStamp, timeStampPolicy } from './time-stamp.ts';

const digest = createHash('sha256').update('học bạ').digest();
const hashes = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha1: '1.3.14.3.2.26',
  md5: '1.2.840.113549.2.5',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const;

interface Asked {
  readonly version?: number;
  readonly hash?: keyof typeof hashes;
  readonly digest?: Buffer;
  readonly policy?: string;
  readonly nonce?: Buffer;
  readonly certificate?: boolean;
  readonly extension?: boolean;
}

function request({ version = 1, hash = 'sha256', digest: bytes = digest, ...rest }: Asked): Buffer {
  return sequence(
    integer(version),
    sequence(sequence(oid(hashes[hash]), nullValue), octetString(bytes)),
    ...(rest.policy ? [oid(rest.policy)] : []),
    ...(rest.nonce ? [integer(rest.nonce)] : []),
    ...(rest.certificate ? [boolean(true)] : []),
    ...(rest.extension ? [explicit(0, sequence(oid('1.2.3.4'), octetString(Buffer.of(5, 0))))] : []),
  );
}

/** PKIStatus, and the number of the failure bit. */
function statusOf(response: Buffer): { status: number; failure: number | undefined } {
  const [info] = childrenOf(readDer(response), tag.sequence);
  const parts = childrenOf(info, tag.sequence);
  const bits = parts.find((part) => part.tag === tag.bitString);
  const bytes = bits ? readBitString(bits).bytes : undefined;
  const at = bytes?.findIndex((byte) => byte !== 0) ?? -1;
  return {
    status: parts[0]?.contents[0] ?? -1,
    failure: bytes && at >= 0 ? at * 8 + Math.clz32((bytes[at] ?? 0) << 24) : undefined,
  };
}

test('X1: a clock that was set, that runs off, or that differs from the database’s gives no time stamp', async () => {
  let steady = 0;
  let wall = Date.now();
  const clock = { now: () => new Date(wall) };
  const after = (wallMs: number, steadyMs: number) => {
    wall += wallMs;
    steady += steadyMs;
    return trustworthyNow(clock, () => steady);
  };
  assert.ok(after(0, 0));
  assert.ok(after(60_000, 60_000));
  assert.ok(after(60_010, 60_000), 'a clock that is slewed');
  assert.throws(() => after(1_500, 0), { code: 'time-stamp/clock' });
  assert.throws(() => after(-3_000, 0), { code: 'time-stamp/clock' });
  assert.ok(after(1_490, 0), 'set back to where it belongs');

  let offset = 0;
  await using shop = await openWorkshop({ clock: { now: () => new Date(Date.now() + offset) } });
  assert.deepEqual(statusOf(await answerTimeStampRequest(shop.context, request({}))), {
    status: 0,
    failure: undefined,
  });
  offset = 2_000; // set while we run
  await assert.rejects(timeStamp(shop.context, digest), { code: 'time-stamp/clock' });
  // another process, whose clock was wrong from its start: only the database’s tells
  const other = { ...shop.context, clock: { now: () => new Date(Date.now() - 5_000) } };
  await assert.rejects(timeStamp(other, digest), { code: 'time-stamp/clock' });
  assert.deepEqual(statusOf(await answerTimeStampRequest(other, request({}))), { status: 2, failure: 14 });
});

test('X1: a slow database is no wrong clock', async () => {
  await using shop = await openWorkshop();
  await sql`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.2); RETURN NEW; END $$`.execute(
    shop.context.db,
  );
  await sql`CREATE TRIGGER slow BEFORE INSERT ON certs.time_stamp FOR EACH ROW EXECUTE FUNCTION slow()`.execute(
    shop.context.db,
  );
  assert.ok(await timeStamp(shop.context, digest));
});

test('X2: serials of many at once are never the same, and one that exists is not given again', async () => {
  await using shop = await openWorkshop();
  const tokens = await Promise.all(Array.from({ length: 300 }, () => timeStamp(shop.context, digest)));
  assert.equal(new Set(tokens.map((token) => token.toString('hex'))).size, 300);
  const { rows } = await sql<{ count: number; shortest: number }>`
    SELECT count(DISTINCT serial) AS count, min(length(serial)) AS shortest FROM certs.time_stamp`.execute(
    shop.context.db,
  );
  assert.deepEqual(rows, [{ count: 300, shortest: 32 }]);
  // the last defence: a serial that comes twice is refused by the table, and no token leaves
  await sql`CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.serial := 'the same'; RETURN NEW; END $$`.execute(
    shop.context.db,
  );
  await sql`CREATE TRIGGER same BEFORE INSERT ON certs.time_stamp FOR EACH ROW EXECUTE FUNCTION same()`.execute(
    shop.context.db,
  );
  await timeStamp(shop.context, digest);
  await assert.rejects(timeStamp(shop.context, digest), { code: '23505' });
});

test('X3: each wrong request has its failure at HTTP 200; the nonce comes back, the certificate when it is asked for', async () => {
  await using shop = await openWorkshop();
  const app = await bareServer(shop.context);
  addRoutes(app, repositoryRoutes(shop.context));
  const post = async (payload: Buffer, type = 'application/timestamp-query') => {
    const { statusCode, headers, rawPayload } = await app.inject({
      method: 'POST',
      url: '/pki/tsa',
      payload,
      headers: { 'content-type': type },
    });
    assert.deepEqual([statusCode, headers['content-type']], [200, 'application/timestamp-reply']);
    return rawPayload;
  };
  const failures: readonly (readonly [string, Buffer, number])[] = [
    ['SHA-1', request({ hash: 'sha1', digest: digest.subarray(0, 20) }), 0],
    ['MD5', request({ hash: 'md5', digest: digest.subarray(0, 16) }), 0],
    ['a digest of wrong length', request({ digest: digest.subarray(1) }), 5],
    ['a digest of SHA-256 under SHA-512', request({ hash: 'sha512' }), 5],
    ['another version', request({ version: 2 }), 2],
    ['another policy', request({ policy: '1.2.3.4' }), 15],
    ['an extension', request({ extension: true }), 16],
    ['a nonce without end', request({ nonce: Buffer.alloc(65, 1) }), 2],
    ['no DER', Buffer.from('GET / HTTP/1.1'), 5],
    ['nothing', Buffer.of(), 5],
    ['more after it', Buffer.concat([request({}), Buffer.of(0)]), 5],
  ];
  for (const [what, asked, failure] of failures)
    assert.deepEqual(statusOf(await post(asked)), { status: 2, failure }, what);

  const nonce = Buffer.from('4a0102030405060708', 'hex');
  const full = await post(request({ nonce, certificate: true, policy: timeStampPolicy }));
  const bare = await post(request({ nonce }));
  assert.ok(full.includes(integer(nonce)) && bare.includes(integer(nonce)), 'the nonce');
  assert.ok(full.length > bare.length + 400, 'the certificate only when asked');
  await shop.write('query.tsq', request({ nonce, certificate: true, policy: timeStampPolicy }));
  await shop.write('reply.tsr', full);
  const text = shop.openssl('ts', '-reply', '-in', 'reply.tsr', '-text');
  for (const part of [/Status: Granted/, /Policy OID: 2\.25\.\d{30,}/, /Accuracy: 0x01 seconds/, /Ordering: no/])
    assert.match(text, part);
  shop.openssl(
    'ts',
    '-verify',
    '-queryfile',
    'query.tsq',
    '-in',
    'reply.tsr',
    '-CAfile',
    'root.pem',
    '-untrusted',
    'services.pem',
  );
  shop.openssl('ts', '-reply', '-in', 'reply.tsr', '-token_out', '-out', 'token.der');
  const token = readFileSync(join(shop.folder, 'token.der'));
  const structure = shop.openssl('asn1parse', '-inform', 'DER', '-in', 'token.der');
  assert.match(structure, /id-smime-aa-signingCertificateV2|signingCertificateV2/, 'ESSCertIDv2 (RFC 5816)');
  const { anchors, untrusted } = await trustMaterial(shop.context);
  assert.ok(verifyTimeStampToken(token, Buffer.from('học bạ'), { anchors, untrusted }).isTrusted);
  await app.close();
});

test('X4: without its record no token leaves', async () => {
  await using shop = await openWorkshop();
  await sql`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$`.execute(
    shop.context.db,
  );
  await sql`CREATE TRIGGER fail BEFORE INSERT ON certs.time_stamp EXECUTE FUNCTION fail()`.execute(shop.context.db);
  await assert.rejects(timeStamp(shop.context, digest));
  assert.deepEqual(statusOf(await answerTimeStampRequest(shop.context, request({}))), { status: 2, failure: 25 });
});
