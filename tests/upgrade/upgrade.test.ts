import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { allMigrations } from '@edutrust/edutrust/app';
import { systemClock } from '@edutrust/platform/clock';
import { createSecretBox } from '@edutrust/platform/secrets';
import { TestBrowser } from '@edutrust/testing/browser';
import { runCommand } from '@edutrust/testing/command';
import { testConfig } from '@edutrust/testing/context';
import { type TestDatabase, testDatabase } from '@edutrust/testing/database';
import { signInWithPassword } from '@edutrust/testing/forms';
import { Platform } from '@edutrust/testing/platform';
import { pino } from 'pino';
import { backup } from '../../edutrust/src/backup/backup.ts';
import { openContext } from '../../edutrust/src/process/context.ts';
import { revokeEnrolment } from '../../signing-service/src/enrolment/certificate.ts';
import { loadDump, readDump } from './load.ts';

/** Databases as released versions left them; made by `tests/upgrade/dump.ts`. */
const dumps = ['dbbd385'];

for (const name of dumps) {
  describe(`B6: the database of ${name} under this version`, () => {
    let database: TestDatabase;
    let directory: string;
    let environment: Record<string, string>;
    let about: { educationId: string; password: string; takenAt: string };
    let countsBefore: Record<string, number>;

    before(async () => {
      database = await testDatabase([]);
      about = JSON.parse(await readFile(new URL(`./${name}.json`, import.meta.url), 'utf8'));
      await loadDump(database, name);
      countsBefore = await counts();
      directory = await mkdtemp(join(tmpdir(), 'edutrust-upgrade-'));
      await writeFile(join(directory, 'secret.key'), `${'5a'.repeat(32)}\n`);
      environment = {
        DATABASE_URL: database.url,
        EDUTRUST_DATA: join(directory, 'var'),
        EDUTRUST_SECRET_FILE: join(directory, 'secret.key'),
      };
    });
    after(async () => {
      await database?.[Symbol.asyncDispose]();
      if (directory) await rm(directory, { recursive: true, force: true });
    });

    async function counts(): Promise<Record<string, number>> {
      const { rows } = await database.pool.query<Record<string, number>>(`
        SELECT (SELECT count(*) FROM registry.person) AS people, (SELECT count(*) FROM registry.affiliation) AS affiliations,
          (SELECT count(*) FROM certs.certificate WHERE state = 'issued') AS certificates,
          (SELECT count(*) FROM signing.request) AS requests,
          (SELECT count(*) FROM platform.ledger_leaf AS l JOIN platform.ledger_entry AS e ON e.id = l.entry_id
            WHERE e.type IS DISTINCT FROM 'rows.attested') AS leaves`);
      return rows[0] ?? {};
    }

    test('it is brought up to date by the command and keeps every person, certificate, request and log entry', async () => {
      const migrated = await runCommand(['--json', 'migrate'], { ...process.env, ...environment } as never);
      assert.equal(migrated.code, 0, migrated.stderr);
      assert.deepEqual(await counts(), countsBefore);
      const verified = await runCommand(['--json', 'log', 'verify'], { ...process.env, ...environment } as never);
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
      const again = await runCommand(['--json', 'migrate'], { ...process.env, ...environment } as never);
      assert.equal(again.code, 0, 'a second time changes nothing');
    });

    test('its people sign in with the passwords they have, and what was signed is judged valid', async () => {
      await using platform = await Platform.start(environment);
      await signInWithPassword(new TestBrowser(), platform.url, about.educationId, about.password);
      const { rows } = await database.pool.query<{ bytes: Buffer }>(
        `SELECT d.bytes FROM signing.document AS d JOIN signing.request AS r ON r.signed_document_id = d.id`,
      );
      assert.equal(rows.length, 1);
      const form = new FormData();
      form.append('file', new Blob([new Uint8Array(rows[0]?.bytes ?? [])]), 'signed.pdf');
      const answer = await fetch(`${platform.url}/api/v1/verify`, {
        method: 'POST',
        body: form,
        headers: { accept: 'application/json' },
      });
      assert.equal(answer.status, 200);
      const report = (await answer.json()) as { verdict: string };
      assert.equal(report.verdict, 'valid', JSON.stringify(report));
    });

    test('J4: revoking an enrolment of then revokes its certificate', async () => {
      const context = await openContext(testConfig(environment), pino({ level: 'silent' }), { serves: false });
      try {
        const then = { now: () => new Date(Date.parse(about.takenAt) + 86_400_000) };
        const certificate = async () =>
          (
            await database.pool.query<{ id: string; revoked_at: Date | null; public_key_sha256: Buffer; key: Buffer }>(
              `SELECT e.id, c.revoked_at, c.public_key_sha256, sha256(e.public_key_spki) AS key
               FROM signing.enrolment AS e JOIN certs.certificate AS c ON c.serial = e.certificate_serial`,
            )
          ).rows[0];
        const found = await certificate();
        assert.ok(found && found.revoked_at === null);
        assert.deepEqual(found.public_key_sha256, found.key, 'found by its key like one of today');
        await revokeEnrolment({ ...context, clock: then }, found.id, 'lost', { kind: 'system', name: 'test' });
        assert.ok((await certificate())?.revoked_at);
      } finally {
        await context.close();
      }
    });

    test('an older program refuses what a newer one has changed, in a sentence, and changes nothing', async () => {
      await database.pool.query(
        `INSERT INTO platform.migration (schema_name, name, sha256) VALUES ('registry', '999-of-next-year', '')`,
      );
      for (const args of [['doctor'], ['log', 'verify'], ['serve']]) {
        const refused = await runCommand(['--json', ...args], { ...process.env, ...environment } as never);
        assert.equal(refused.code, args[0] === 'doctor' ? 1 : 2, refused.stderr);
        assert.match(refused.stderr + refused.stdout, /database\/newer/);
        assert.match(refused.stderr + refused.stdout, /999-of-next-year/);
      }
    });
  });
}

test('B6: a backup that an older version made is restored by this one, brought up to date, with its log verified', async () => {
  for (const name of dumps) {
    await using source = await testDatabase([]);
    await loadDump(source, name);
    const directory = await mkdtemp(join(tmpdir(), 'edutrust-upgrade-'));
    try {
      await writeFile(join(directory, 'secret.key'), `${'5a'.repeat(32)}\n`);
      // As that version wrote it: nothing was migrated before.
      const secrets = createSecretBox(Buffer.alloc(32, 0x5a));
      const old = { database: { pool: source.pool }, secrets, clock: systemClock };
      await backup(old as Parameters<typeof backup>[0], join(directory, 'backup'));
      await using target = await testDatabase([]);
      const environment = {
        PATH: process.env.PATH ?? '',
        DATABASE_URL: target.url,
        EDUTRUST_DATA: join(directory, 'var'),
        EDUTRUST_SECRET_FILE: join(directory, 'secret.key'),
      };
      const restored = await runCommand(['--json', 'restore', join(directory, 'backup')], environment);
      assert.equal(restored.code, 0, restored.stderr);
      assert.equal((await runCommand(['--json', 'log', 'verify'], environment)).code, 0);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
});

test('B6: the migrations that a dump has were never changed since', async () => {
  const known = new Set(
    allMigrations.flatMap(({ schema, migrations }) => migrations.map((step) => `${schema}/${step.name}`)),
  );
  for (const name of dumps) {
    const text = await readDump(name);
    const rows = [...text.matchAll(/^\s*\('(\w+)', '([\w-]+)', '[0-9a-f]{64}', '/gm)];
    assert.ok(rows.length > 10, `${rows.length} migrations in ${name}`);
    for (const [, schema, step] of rows) assert.ok(known.has(`${schema}/${step}`), `${schema}/${step}`);
  }
});
