/**
 * Writes the database of this program's version for tests/upgrade/upgrade.test.ts: the demo city, a pupil who signs in
 * with a password, a principal who enrolled a phone and signed a transcript. Run it once at each release, from its tag:
 *
 *     EDUTRUST_TEST_POSTGRES=postgres://postgres@127.0.0.1:5432/postgres node tests/upgrade/dump.ts NAME
 *
 * The server is one whose `pg_dump` is on the path, of the oldest version that we support (15). Secrets are sealed with
 * the test key (32 bytes of 0x5a), and nobody in it exists.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { constants, zstdCompressSync } from 'node:zlib';
import { allMigrations } from '@edutrust/edutrust/app';
import { seedDemo as seedAccounts } from '@edutrust/idp/demo';
import { migrate } from '@edutrust/platform/migrations';
import { TestPhone, testCity } from '@edutrust/signing-service/testing/city';
import { activateWithCode } from '@edutrust/testing/forms';
import { Platform } from '@edutrust/testing/platform';

const [name] = process.argv.slice(2);
if (!name || !process.env.EDUTRUST_TEST_POSTGRES) {
  process.stderr.write('usage: EDUTRUST_TEST_POSTGRES=postgres://… node tests/upgrade/dump.ts NAME\n');
  process.exit(2);
}
const password = 'bốn con mèo nằm ngủ';
await using world = await testCity();
const { context, city } = world;
await migrate(context.pool, allMigrations);
const people = await seedAccounts(context, city);

const phone = new TestPhone(world, city.people.principal);
await phone.enrolAndApprove();
const [first] = await phone.inbox();
if (!first) throw new Error('the principal has nothing to sign');
const session = await phone.open([first.id]);
const signed = await phone.confirm(session, await phone.confirmation(session));
if (signed.json.state !== 'completed') throw new Error(JSON.stringify(signed.json));
// As migration certs/002 left what was issued before it.
await context.pool.query(`UPDATE certs.certificate SET public_key_sha256 = NULL WHERE profile = 'official'`);

const secrets = mkdtempSync(join(tmpdir(), 'edutrust-dump-'));
writeFileSync(join(secrets, 'secret.key'), `${'5a'.repeat(32)}\n`);
const pupil = people.find(({ role }) => role.startsWith('Học sinh'));
if (!pupil) throw new Error('the demo has no pupil');
{
  await using platform = await Platform.start({
    DATABASE_URL: context.databaseUrl,
    EDUTRUST_SECRET_FILE: join(secrets, 'secret.key'),
  });
  await activateWithCode(platform.url, pupil.code, password);
}
rmSync(secrets, { recursive: true });

const sql = execFileSync(
  'pg_dump',
  ['--no-owner', '--no-privileges', '--inserts', '--rows-per-insert=200', context.databaseUrl],
  { maxBuffer: 2 ** 30 },
);
const parameters = {
  [constants.ZSTD_c_compressionLevel]: 19,
  [constants.ZSTD_c_enableLongDistanceMatching]: 1,
  [constants.ZSTD_c_windowLog]: 27,
};
writeFileSync(new URL(`./${name}.sql.zst`, import.meta.url), zstdCompressSync(sql, { params: parameters }));
const about = { educationId: pupil.educationId, password, takenAt: new Date().toISOString() };
writeFileSync(new URL(`./${name}.json`, import.meta.url), `${JSON.stringify(about, null, 2)}\n`);
