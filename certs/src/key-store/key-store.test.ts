import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import { ensureAuthorities, issueCertificate, listAuthorities, revokeCertificate } from '../authority/authority.ts';
import { parseCertificate } from '../certificate/certificate.ts';
import { migrations } from '../migrations.ts';
import { refreshRevocationLists } from '../revocation/revocation-list.ts';
import { certsOf } from '../tables.ts';
import { type KeyAlgorithm, keyStore } from './key-store.ts';
import { hashOfAlgorithm } from './soft.ts';

const algorithms = ['p256', 'p384', 'rsa3072'] as const satisfies readonly KeyAlgorithm[];
const data = Buffer.from('học bạ');
const actor = { kind: 'system', name: 'test' } as const;

/** SoftHSM2 with one token of its own; libsofthsm2.so where Debian puts it. */
async function softHsm(): Promise<{
  folder: string;
  environment: Record<string, string>;
  remove: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-softhsm-'));
  const configuration = join(folder, 'softhsm2.conf');
  const pinFile = join(folder, 'pin');
  execFileSync('mkdir', [join(folder, 'tokens')]);
  await writeFile(configuration, `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\n`);
  await writeFile(pinFile, '271828\n', { mode: 0o600 });
  process.env.SOFTHSM2_CONF = configuration; // read by the library, in its own process
  execFileSync(
    'softhsm2-util',
    ['--init-token', '--free', '--label', 'edutrust', '--pin', '271828', '--so-pin', '314159'],
    {
      stdio: 'ignore',
    },
  );
  return {
    folder,
    environment: {
      EDUTRUST_PKCS11_MODULE: '/usr/lib/softhsm/libsofthsm2.so',
      EDUTRUST_PKCS11_TOKEN: 'edutrust',
      EDUTRUST_PKCS11_PIN_FILE: pinFile,
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

describe('K5: the PKCS#11 token', () => {
  let token: Awaited<ReturnType<typeof softHsm>>;
  before(async () => {
    token = await softHsm();
  });
  after(() => token.remove());

  test('generates, takes over and uses keys of each algorithm, many at once', async () => {
    await using context = await testContext({ migrations: [migrations], environment: token.environment });
    const keys = keyStore(context);
    await keys.health();
    for (const algorithm of algorithms) {
      const made = await context.db.transaction().execute((tx) => keys.generate(tx, 'ca', algorithm));
      const { privateKey } =
        algorithm === 'rsa3072'
          ? generateKeyPairSync('rsa', { modulusLength: 3072 })
          : generateKeyPairSync('ec', { namedCurve: algorithm === 'p256' ? 'P-256' : 'P-384' });
      const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
      const taken = await context.db.transaction().execute((tx) => keys.import(tx, 'ca', pkcs8));
      assert.deepEqual(taken.publicKey, createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));
      for (const { id, publicKey } of [made, taken]) {
        const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
        const signatures = await Promise.all(Array.from({ length: 20 }, () => keys.sign(context.db, id, 'ca', data)));
        for (const signature of signatures) assert.ok(verify(hashOfAlgorithm[algorithm], data, key, signature));
      }
    }
    const { rows } = await sql<{ store: string; bare: boolean }>`
      SELECT DISTINCT store, sealed_private_key IS NULL AS bare FROM certs.key`.execute(context.db);
    assert.deepEqual(rows, [{ store: 'pkcs11', bare: true }], 'no private key is in the database');
  });

  test('a digest that somebody else computed is signed as it is, in the token and in the soft store, by a signer’s key alone', async () => {
    for (const environment of [token.environment, {}]) {
      await using context = await testContext({ migrations: [migrations], environment });
      const keys = keyStore(context);
      const make = (purpose: 'signer' | 'seal', algorithm: KeyAlgorithm) =>
        context.db.transaction().execute((tx) => keys.generate(tx, purpose, algorithm));
      const { id, publicKey } = await make('signer', 'p256');
      const digest = createHash('sha256').update(data).digest();
      const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
      assert.ok(verify('sha256', data, key, await keys.signDigest(context.db, id, digest)));
      const seal = await make('seal', 'p256');
      await assert.rejects(keys.signDigest(context.db, seal.id, digest), { code: 'keys/no-key' });
      const larger = await make('signer', 'p384');
      await assert.rejects(keys.signDigest(context.db, larger.id, digest), { code: 'keys/no-key' });
      await assert.rejects(keys.signDigest(context.db, id, data), { code: 'keys/no-key' });
    }
  });

  test('the whole authority works with every key in the token; a lost token is a clear error, holds no revocation up, and heals', async () => {
    await using context = await testContext({ migrations: [migrations], environment: token.environment });
    await ensureAuthorities(context);
    const issue = (requestKey: string) =>
      issueCertificate(context, {
        profile: 'official',
        subject: { commonName: requestKey },
        publicKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' }),
        requestKey,
      });
    const { serial } = await issue('before');
    const { rows } = await sql<{ number: number }>`
      SELECT max(number) AS number FROM certs.revocation_list WHERE issuer_id = 'people'`.execute(context.db);

    await rename(join(token.folder, 'tokens'), join(token.folder, 'elsewhere'));
    await assert.rejects(issue('while it is away'), { code: 'keys/token-lost' });
    await assert.rejects(keyStore(context).health(), { code: 'keys/token-lost' });
    await revokeCertificate(context, serial, 'keyCompromise', actor);
    const listed = () =>
      sql<{ listed_in: number | null }>`SELECT listed_in FROM certs.certificate WHERE serial = ${serial}`
        .execute(context.db)
        .then((found) => found.rows[0]?.listed_in);
    assert.equal(await listed(), null, 'revoked, and the list is yet to come');
    const half = await certsOf(context.db)
      .selectFrom('certs.certificate')
      .select('state')
      .where('request_key', '=', 'while it is away')
      .execute();
    assert.deepEqual(half, [{ state: 'intent' }], 'no half certificate');

    await rename(join(token.folder, 'elsewhere'), join(token.folder, 'tokens'));
    assert.ok(parseCertificate((await issue('after')).der));
    await refreshRevocationLists(context);
    assert.ok(((await listed()) ?? 0) > (rows[0]?.number ?? 0), 'the list followed');
  });
});

test('K1: private keys are nowhere in the database in clear, and open only under their id and purpose', async () => {
  await using context = await testContext({ migrations: [migrations] });
  const keys = keyStore(context);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const [one, other] = await context.db
    .transaction()
    .execute(async (tx) => [await keys.import(tx, 'tsa', pkcs8), await keys.generate(tx, 'tsa')] as const);
  const { rows } = await sql<{ line: string }>`SELECT k::text AS line FROM certs.key AS k`.execute(context.db);
  const dump = rows.map(({ line }) => line).join('\n');
  assert.equal(rows.length, 2);
  assert.ok(!dump.includes(secret.toString('hex')), 'a dump of the table shows the key');
  await sql`UPDATE certs.key AS a SET sealed_private_key = (SELECT sealed_private_key FROM certs.key WHERE id = ${one.id})
    WHERE id = ${other.id}`.execute(context.db);
  await assert.rejects(keys.sign(context.db, other.id, 'tsa', data), 'a sealed key that was moved to another id');
});

test('K3: a key signs for its own purpose only, and no two purposes share one', async () => {
  await using context = await testContext({ migrations: [migrations] });
  await ensureAuthorities(context);
  const keys = keyStore(context);
  const rows = await certsOf(context.db).selectFrom('certs.key').select(['id', 'purpose', 'public_key']).execute();
  assert.equal(new Set(rows.map(({ public_key }) => public_key.toString('hex'))).size, rows.length);
  assert.deepEqual(new Set(rows.map(({ purpose }) => purpose)), new Set(['ca', 'ocsp', 'tsa', 'receipts']));
  for (const { id, purpose } of rows) {
    for (const asked of ['ca', 'ocsp', 'tsa', 'receipts', 'signer', 'seal'] as const) {
      const signing = keys.sign(context.db, id, asked, data);
      if (asked === purpose) assert.ok(await signing);
      else await assert.rejects(signing, { code: 'keys/no-key' });
    }
  }
  assert.equal((await listAuthorities(context.db)).length, 3);
});

test('K6: without random numbers nothing is made', () => {
  // A process whose random source fails: the library throws, and no key, serial or certificate comes of it.
  const script = `
    import crypto from 'node:crypto';
    import { syncBuiltinESMExports } from 'node:module';
    crypto.randomBytes = () => { throw new Error('no entropy'); };
    syncBuiltinESMExports();
    const { newSerial } = await import(${JSON.stringify(new URL('../authority/issuance.ts', import.meta.url).href)});
    const { createSecretBox } = await import('@edutrust/platform/secrets');
    for (const make of [newSerial, () => createSecretBox(Buffer.alloc(32, 1)).encrypt(Buffer.from('x'), 'y')]) {
      try { make(); console.log('made'); } catch (error) { console.log(error.message); }
    }`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: new URL('.', import.meta.url),
  });
  assert.equal(said, 'no entropy\nno entropy\n');
});
