import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommand } from '@edutrust/testing/command';
import { type TestInstallation, testInstallation } from '@edutrust/testing/installation';

const header = 'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính';

describe('edutrust people', () => {
  let installation: TestInstallation;
  before(async () => {
    installation = await testInstallation();
    const made = await installation.run('seed', 'demo');
    assert.equal(made.code, 0, made.stderr);
  });
  after(() => installation?.[Symbol.asyncDispose]());

  test('D3: the command applies no held plan, whoever calls it: it takes two people with their passkeys', async () => {
    const file = join(installation.directory, 'thpt.csv');
    const rows = ['10A1', '11A1', '12A1'].map((code, i) => `THPT001,${code},79222222${i}0,Em Mới,01/01/2010,Nam`);
    await writeFile(file, [header, ...rows].join('\n'));
    const made = await installation.run('--json', 'people', 'import', file, '--complete', 'classes', '--apply');
    assert.equal(made.lines[0].status, 'held');
    assert.deepEqual([made.code, made.error.code], [2, 'roster/second-person']);
    const { rows: events } = await installation.database.pool.query(
      "SELECT FROM platform.outbox WHERE type = 'roster.applied'",
    );
    assert.equal(events.length, 0);
  });

  test('a file of which every row was refused ends with exit code 2 and writes nothing', async () => {
    const file = join(installation.directory, 'refused.csv');
    await writeFile(file, [header, 'THPT001,10A1,7922222239,Em Mới,31/02/2010,Nam'].join('\n'));
    const made = await installation.run('--json', 'people', 'import', file, '--apply');
    assert.deepEqual([made.code, made.error.code], [2, 'roster/all-refused']);
    assert.equal(made.lines[0].totals.refused, 1, 'the plan is shown first');
  });

  test('passwords of another system: shown first, then taken; a bad date, a bad line and a missing file are refused', async () => {
    const { rows } = await installation.database.pool.query<{ education_id: string }>(
      `SELECT p.education_id FROM registry.person AS p JOIN registry.affiliation AS f ON f.person_id = p.id
       WHERE p.status = 'active' AND f.role = 'learner' AND f.valid_until IS NULL
         AND NOT EXISTS (SELECT FROM idp.account AS a WHERE a.person_id = p.id) LIMIT 1`,
    );
    const file = join(installation.directory, 'passwords.csv');
    const hash = '$2b$06$abcdefghijklmnopqrstuu1FLRm.iyc2RHpVcIC9z7AO0qWA5.o9e';
    await writeFile(
      file,
      `mã giáo dục,mã băm\n${rows[0]?.education_id},${hash}\n${rows[0]?.education_id},{PLAIN}abcdefghijkl\n`,
    );
    const until = new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10);
    const command = ['--json', 'people', 'import-passwords', file, '--weak-until', until];
    for (const apply of [[], ['--apply']]) {
      const made = await installation.run(...command, ...apply);
      const expected = { taken: 1, weak: 0, refused: [{ line: 3, reason: 'unknown-scheme' }] };
      assert.deepEqual(made.lines, [expected], made.stderr);
    }
    const [again] = (await installation.run(...command, '--apply')).lines;
    assert.equal(again.taken, 0);
    const late = await installation.run('--json', 'people', 'import-passwords', file, '--weak-until', '2099-01-01');
    assert.equal(late.error.code, 'passwords/bad-date');
    const none = await installation.run('--json', 'people', 'import-passwords', `${file}x`, '--weak-until', until);
    assert.equal(none.error.code, 'command/no-file');
  });

  test('people are shown with why they can or cannot sign in, by education ID in groups or by id', async () => {
    const { rows } = await installation.database.pool.query<{ id: string; education_id: string }>(
      "SELECT id, education_id FROM registry.person WHERE status = 'active' ORDER BY id DESC LIMIT 1",
    );
    const [person] = rows;
    assert.ok(person);
    const groups = person.education_id.replace(/(...)(...)(...)(.)/, '$1 $2 $3 $4').split(' ');
    const [byEducationId] = (await installation.run('people', 'show', ...groups)).lines;
    const [byId] = (await installation.run('people', 'show', person.id)).lines;
    assert.deepEqual([byEducationId.id, byId], [person.id, byEducationId]);
    assert.ok(byId.account.checks.length > 0);
    const told = await runCommand(['people', 'show', person.id], installation.environment);
    assert.match(told.stdout, /[✓✗] /);
    const nobody = await installation.run('people', 'invite', '01999999-0000-7000-8000-000000000000');
    assert.deepEqual([nobody.code, nobody.error.code], [2, 'people/not-found']);
  });
});
