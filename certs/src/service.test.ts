import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import {
  chainAbove,
  ensureAuthorities,
  issueCertificate,
  listAuthorities,
  revokeCertificate,
  trustMaterial,
} from './authority/authority.ts';
import { parseCertificate, toPem } from './certificate/certificate.ts';
import { verifyTimeStampToken } from './cms/cms.ts';
import { migrations } from './migrations.ts';
import { validatePath } from './path/path.ts';
import { createOcspResponder } from './revocation/ocsp.ts';
import { newestRevocationList } from './revocation/revocation-list.ts';
import { answerTimeStampRequest, timeStamp } from './time-stamp/time-stamp.ts';

const actor = { kind: 'system', name: 'test' } as const;

/** A folder of PEM and DER files for openssl, the independent witness. */
async function openWorkshop() {
  const context = await testContext({ migrations: [migrations] });
  await ensureAuthorities(context);
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-certs-'));
  const authorities = await listAuthorities(context.db);
  for (const { id, certificate } of authorities) {
    await writeFile(join(folder, `${id}.pem`), toPem(certificate));
    const list = await newestRevocationList(context.db, id);
    await writeFile(join(folder, `${id}.crl.pem`), toPem(list?.der ?? Buffer.alloc(0), 'X509 CRL'));
  }
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const issue = async (commonName: string) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const issued = await issueCertificate(context, {
      profile: 'official',
      subject: {
        commonName,
        serialNumber: '7901234568',
        organisation: 'Trường Tiểu học Lê Lợi',
        title: 'Hiệu trưởng',
      },
      publicKey: spki,
      requestKey: commonName,
    });
    await writeFile(join(folder, 'leaf.pem'), toPem(issued.der));
    return issued;
  };
  return {
    context,
    folder,
    openssl,
    issue,
    [Symbol.asyncDispose]: async () => {
      await rm(folder, { recursive: true });
      await context[Symbol.asyncDispose]();
    },
  };
}

test('C3: openssl accepts what we issue, strictly, and our validator agrees', async () => {
  await using shop = await openWorkshop();
  const { serial, der } = await shop.issue('Đặng Thị Ánh Nguyệt');
  assert.match(
    shop.openssl('verify', '-x509_strict', '-CAfile', 'root.pem', '-untrusted', 'people.pem', 'leaf.pem'),
    /OK/,
  );
  await writeFile(
    join(shop.folder, 'lists.pem'),
    (
      await Promise.all(
        ['root', 'people'].map(async (id) =>
          toPem((await newestRevocationList(shop.context.db, id))?.der ?? Buffer.alloc(0), 'X509 CRL'),
        ),
      )
    ).join(''),
  );
  assert.match(
    shop.openssl(
      'verify',
      '-crl_check_all',
      '-CRLfile',
      'lists.pem',
      '-CAfile',
      'root.pem',
      '-untrusted',
      'people.pem',
      'leaf.pem',
    ),
    /OK/,
  );
  const text = shop.openssl('x509', '-in', 'leaf.pem', '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus');
  for (const part of [
    'Version: 3',
    'CA:FALSE',
    'Digital Signature, Non Repudiation',
    'CN=Đặng Thị Ánh Nguyệt',
    'serialNumber=EI:VN-7901234568',
    '/pki/people.crl',
    '/pki/ocsp',
    'ecdsa-with-SHA256',
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  assert.ok(!/CA:TRUE/.test(text));
  const trust = await trustMaterial(shop.context);
  const verdict = validatePath({
    leaf: der,
    ...trust,
    at: new Date(),
    requireRevocation: true,
    keyUsage: 'nonRepudiation',
  });
  assert.equal(verdict.verdict, 'valid', JSON.stringify(verdict));
  assert.equal((await chainAbove(shop.context, 'people')).length, 2);
  assert.match(serial, /^[4-7][0-9a-f]{39}$/);
});

test('C4: a revocation is in the list and in OCSP when it is acknowledged, and stays', async () => {
  await using shop = await openWorkshop();
  const { serial, der } = await shop.issue('Người Bị Thu Hồi');
  const ask = async () => {
    shop.openssl('ocsp', '-issuer', 'people.pem', '-sha256', '-cert', 'leaf.pem', '-reqout', 'request.der');
    const request = execFileSync('cat', [join(shop.folder, 'request.der')]);
    await writeFile(join(shop.folder, 'answer.der'), (await createOcspResponder(shop.context).answer(request)).der);
    return shop.openssl(
      'ocsp',
      '-issuer',
      'people.pem',
      '-sha256',
      '-cert',
      'leaf.pem',
      '-respin',
      'answer.der',
      '-CAfile',
      'root.pem',
      '-verify_other',
      'people.pem',
      '-no_nonce',
    );
  };
  assert.match(await ask(), /leaf\.pem: good/);
  await revokeCertificate(shop.context, serial, 'keyCompromise', actor);
  await revokeCertificate(shop.context, serial, 'superseded', actor);
  const answer = await ask();
  assert.match(answer, /leaf\.pem: revoked/);
  assert.match(answer, /Reason: keyCompromise/);
  const trust = await trustMaterial(shop.context);
  const verdict = validatePath({ leaf: der, ...trust, at: new Date(Date.now() + 1_000) });
  assert.ok(verdict.verdict === 'invalid' && verdict.refused.code === 'revoked');
  await writeFile(
    join(shop.folder, 'people.crl.pem'),
    toPem((await newestRevocationList(shop.context.db, 'people'))?.der ?? Buffer.alloc(0), 'X509 CRL'),
  );
  assert.match(
    shop.openssl('crl', '-in', 'people.crl.pem', '-noout', '-text', '-CAfile', 'people.pem'),
    /Key Compromise/,
  );
});

test('C6: a serial that was never issued is not good, and another issuer is unauthorized', async () => {
  await using shop = await openWorkshop();
  await shop.issue('Ai Đó');
  const ask = async (...which: string[]) => {
    shop.openssl('ocsp', ...which, '-reqout', 'request.der');
    return (await createOcspResponder(shop.context).answer(execFileSync('cat', [join(shop.folder, 'request.der')])))
      .der;
  };
  await writeFile(join(shop.folder, 'answer.der'), await ask('-issuer', 'people.pem', '-serial', '0x4123456789abcdef'));
  const text = shop.openssl(
    'ocsp',
    '-issuer',
    'people.pem',
    '-serial',
    '0x4123456789abcdef',
    '-respin',
    'answer.der',
    '-noverify',
    '-resp_text',
  );
  assert.match(text, /Cert Status: unknown/);
  assert.match(text, /OCSP Nonce/, 'the nonce is echoed');
  shop.openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'other.key',
    '-out',
    'other.pem',
    '-subj',
    '/CN=Other',
  );
  assert.deepEqual(await ask('-issuer', 'other.pem', '-serial', '0x01'), Buffer.from('30030a0106', 'hex'));
  assert.deepEqual(
    (await createOcspResponder(shop.context).answer(Buffer.from('garbage'))).der,
    Buffer.from('30030a0101', 'hex'),
  );
});

test('X3: openssl accepts our time stamps, requests that are wrong get their failure, and our verifier judges both', async () => {
  await using shop = await openWorkshop();
  await writeFile(join(shop.folder, 'data.txt'), 'học bạ');
  const exchange = async (...options: string[]) => {
    shop.openssl('ts', '-query', '-data', 'data.txt', ...options, '-out', 'query.tsq');
    await writeFile(
      join(shop.folder, 'reply.tsr'),
      await answerTimeStampRequest(shop.context, execFileSync('cat', [join(shop.folder, 'query.tsq')])),
    );
    return shop.openssl('ts', '-reply', '-in', 'reply.tsr', '-text');
  };
  for (const hash of ['-sha256', '-sha384', '-sha512']) {
    assert.match(await exchange(hash, '-cert'), /Status: Granted/);
    const verified = execFileSync(
      'openssl',
      [
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
      ],
      { cwd: shop.folder, encoding: 'utf8', stdio: 'pipe' },
    );
    assert.match(verified, /Verification: OK/);
  }
  await assert
    .rejects(async () => exchange('-sha1'), /badAlg|unrecognized/i)
    .catch(async () => assert.match(await exchange('-sha1'), /unrecognized|bad.*alg/i));
  assert.match(await exchange('-sha256', '-tspolicy', '1.2.3.4'), /requested TSA policy is not supported/i);
  const data = Buffer.from('ký');
  const asked = Math.floor(shop.context.clock.now().getTime() / 1000) * 1000; // it says whole seconds
  const token = await timeStamp(shop.context, createHash('sha256').update(data).digest());
  const answered = shop.context.clock.now().getTime();
  const { anchors, untrusted } = await trustMaterial(shop.context);
  const good = verifyTimeStampToken(token, data, { anchors, untrusted });
  assert.ok(good.isTrusted, JSON.stringify(good));
  assert.ok(asked <= good.at.getTime() && good.at.getTime() <= answered, good.at.toISOString());
  assert.equal(verifyTimeStampToken(token, Buffer.from('khác'), { anchors, untrusted }).isIntact, false);
  assert.equal(verifyTimeStampToken(token, data, { anchors: [] }).isTrusted, false);
  for (let index = 0; index < token.length; index += 7) {
    const damaged = Buffer.from(token);
    damaged[index] = (damaged[index] ?? 0) ^ 0x10;
    assert.equal(verifyTimeStampToken(damaged, data, { anchors, untrusted }).isTrusted, false, `bit at ${index}`);
  }
});

test('C1: eight processes at once make one hierarchy; serials are never the same; every certificate is in the log', async () => {
  const context = await testContext({ migrations: [migrations] });
  await using _ = context;
  await Promise.all(Array.from({ length: 8 }, () => ensureAuthorities(context)));
  assert.equal((await listAuthorities(context.db)).length, 3);
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      issueCertificate(context, {
        profile: 'official',
        subject: { commonName: `Người ${index}` },
        publicKey: spki,
        requestKey: `enrolment/${index}`,
      }),
    ),
  );
  while ((await context.ledger.integrate()) > 0);
  assert.ok((await context.ledger.verify('signatures')).intact);
  const { rows } = await sql<{ issued: number; logged: number }>`
    SELECT count(*) AS issued, count(leaf.index) AS logged FROM certs.certificate AS c
    LEFT JOIN platform.ledger_leaf AS leaf ON leaf.entry_id = c.ledger_entry WHERE c.state = 'issued'`.execute(
    context.db,
  );
  assert.deepEqual(rows, [{ issued: 46, logged: 46 }]);
});

test('C2: when the last step fails the intent stays, the serial is never used again, and nothing is issued', async () => {
  await using shop = await openWorkshop();
  await sql`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$`.execute(
    shop.context.db,
  );
  await sql`CREATE TRIGGER fail BEFORE UPDATE ON certs.certificate EXECUTE FUNCTION fail()`.execute(shop.context.db);
  await assert.rejects(shop.issue('Không Thành'));
  const { rows } = await sql<{ state: string }>`SELECT state FROM certs.certificate WHERE profile = 'official'`.execute(
    shop.context.db,
  );
  assert.deepEqual(rows, [{ state: 'intent' }]);
  await sql`DROP TRIGGER fail ON certs.certificate`.execute(shop.context.db);
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'der' });
  await assert.rejects(
    issueCertificate(shop.context, {
      profile: 'official',
      subject: { commonName: 'Khoá Yếu' },
      publicKey: weak,
      requestKey: 'weak',
    }),
    { code: 'certificates/lint' },
  );
  assert.ok(parseCertificate((await shop.issue('Lần Hai')).der));
});
