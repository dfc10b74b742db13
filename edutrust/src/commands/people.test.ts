import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { runCommand } from '@edutrust/testing/command';
import { type TestInstallation, testInstallation } from '@edutrust/testing/installation';

const header = 'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính';

describe('edutrust people', { timeout: 200_000 }, () => {
  let installation: TestInstallation;
  before(async () => {
    installation = await testInstallation();
    const made = await installation.run('seed', 'demo');
    assert.equal(made.code, 0, made.stderr);
  });
  after(() => installation?.[Symbol.asyncDispose]());

  test('T5, D3: a held plan waits for another account than the one that made it', async () => {
    const file = join(installation.directory, 'thpt.csv');
    const rows = ['10A1', '11A1', '12A1'].map((code, i) => `THPT001,${code},79222222${i}0,Em Mới,01/01/2010,Nam`);
    await writeFile(file, [header, ...rows].join('\n'));
    const as = (account: string) => ({ ...installation.environment, SUDO_USER: account });
    const account = (name: string) => (process.getuid?.() === 0 ? name : userInfo().username);
    const made = await runCommand(['--json', 'people', 'import', file, '--complete', 'classes'], as('lan'));
    assert.equal(made.code, 0, made.stderr);
    const [plan] = made.lines;
    assert.deepEqual([plan.status, plan.createdBy], ['held', { kind: 'system', name: `cli:${account('lan')}` }]);
    const again = await runCommand(['--json', 'people', 'import', file, '--complete', 'classes', '--apply'], as('lan'));
    assert.deepEqual([again.code, again.error.code], [2, 'roster/second-person']);
    const held = again.lines[0].id;
    assert.ok(again.error.remedy.includes(`edutrust people import --approve ${held} --apply`), 'the way on exists');
    const own = await runCommand(['--json', 'people', 'import', '--approve', held, '--apply'], as('lan'));
    assert.deepEqual([own.code, own.error.code], [2, 'roster/second-person'], 'its maker does not approve it');
    const looked = await runCommand(['--json', 'people', 'import', '--approve', held], as('minh'));
    assert.deepEqual(
      [looked.code, looked.lines.length, looked.lines[0].status],
      [0, 1, 'held'],
      'looking changes nothing',
    );
    // Where the suite does not run as root there is one account only: the plan becomes somebody else's.
    await installation.database.pool.query(
      `UPDATE registry.roster_plan SET created_by = '{"kind": "system", "name": "cli:lan"}' WHERE id = $1`,
      [held],
    );
    const second = await runCommand(['--json', 'people', 'import', '--approve', held, '--apply'], as('minh'));
    assert.equal(second.code, 0, second.stderr);
    assert.deepEqual(second.lines[1].totals, looked.lines[0].totals);
    const { rows: events } = await installation.database.pool.query(
      "SELECT actor FROM platform.outbox WHERE type = 'roster.applied'",
    );
    assert.deepEqual(events, [{ actor: { kind: 'system', name: `cli:${account('minh')}` } }]);
  });

  test('a file of which every row was refused ends with exit code 2 and writes nothing', async () => {
    const file = join(installation.directory, 'refused.csv');
    await writeFile(file, [header, 'THPT001,10A1,7922222239,Em Mới,31/02/2010,Nam'].join('\n'));
    const made = await installation.run('--json', 'people', 'import', file, '--apply');
    assert.deepEqual([made.code, made.error.code], [2, 'roster/all-refused']);
    assert.equal(made.lines[0].totals.refused, 1, 'the plan is shown first');
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
