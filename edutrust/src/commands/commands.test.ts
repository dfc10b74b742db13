import assert from 'node:assert/strict';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommand } from '@edutrust/testing/command';
import { type TestInstallation, testInstallation } from '@edutrust/testing/installation';
import type { Command } from 'commander';
import { createCommand } from '../main.ts';

const header = 'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính';

test('every command says in --help what it does, with an example', async () => {
  const seen: string[] = [];
  const visit = (command: Command, path: string) => {
    for (const below of command.commands) {
      const name = `${path} ${below.name()}`;
      if (below.commands.length > 0) {
        visit(below, name);
        continue;
      }
      seen.push(name);
      assert.ok(below.description().length > 10, name);
      let shown = '';
      below.configureOutput({ writeOut: (text) => { shown += text; } }); // biome-ignore format: one thought
      below.outputHelp();
      assert.match(shown, new RegExp(`Examples?: .*${name.trim()}`), name);
    }
  };
  visit(await createCommand(false, 'en'), 'edutrust');
  assert.ok(seen.length >= 20, `${seen}`);
});

describe('the command, as an operator and a script use it', () => {
  let installation: TestInstallation;
  before(async () => {
    installation = await testInstallation();
    const seeded = await installation.run('seed', 'demo');
    assert.equal(seeded.code, 0, seeded.stderr);
  });
  after(() => installation?.[Symbol.asyncDispose]());

  const count = async (table: string) => {
    const { rows } = await installation.database.pool.query<{ count: number }>(
      `SELECT count(*) AS count FROM ${table}`,
    );
    return rows[0]?.count;
  };

  test('bad input is 2 and JSON says why, also when an option is wrong; what does not answer is 3', async () => {
    const wrong = [
      [['people', 'import'], 'command/usage'],
      [['people', 'import', '/no/such.csv'], 'command/no-file'],
      [['people', 'show', '790 123 456'], 'education-id/length'],
      [['people', 'invite', '1000000009'], undefined],
      [['verify', '/etc/hostname', '--trust', '/no/such.pem'], 'command/no-file'],
      [['log', 'verify', '--witnessed', '/no/such.txt'], 'command/no-file'],
      [['log', 'monitor', 'ftp://localhost'], 'log/bad-address'],
      [['log', 'monitor', 'http://localhost', '--witness', 'x'], 'log/bad-policy'],
      [['log', 'monitor', 'http://localhost', '--quorum', '1'], 'log/bad-policy'],
      [['log', 'witness', '--name', 'w', '--log', 'x'], 'log/bad-log-key'],
      [['keys', 'rotate', '--now'], 'command/usage'],
      [['no-such-command'], 'command/usage'],
    ] as const;
    const answers = await Promise.all(wrong.map(([args]) => installation.run(...args)));
    for (const [index, [args, code]] of wrong.entries()) {
      const { code: exit, error, stdout } = answers[index] ?? {};
      assert.deepEqual([exit, stdout], [2, ''], `${args}`);
      if (code) assert.equal(error.code, code, `${args}`);
      assert.ok(error.detail, `${args}`);
    }
    const away = { ...installation.environment, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    const unreachable = await runCommand(['--json', 'keys', 'list'], away);
    assert.deepEqual([unreachable.code, unreachable.error.code], [3, 'database/unreachable']);
    const check = await installation.run('ids', 'check', '1234567890');
    assert.deepEqual([check.code, check.lines[0].valid], [1, false], 'a negative answer is 1');
  });

  test('a file of 2 GB is refused before it is read, and nothing is half done', async () => {
    const file = join(installation.directory, 'huge.csv');
    await writeFile(file, `${header}\n`);
    await truncate(file, 2 * 1024 ** 3); // sparse: takes no room
    const before = [
      await count('registry.person'),
      await count('registry.roster_plan'),
      await count('platform.outbox'),
    ];
    const refused = await installation.run('people', 'import', file, '--apply');
    assert.deepEqual([refused.code, refused.stdout, refused.error.code], [2, '', 'roster/too-large']);
    assert.match(refused.error.detail, /512 MiB/);
    assert.match(refused.error.remedy, /Split the file/);
    await truncate(file, 300 * 1024 ** 2);
    const endless = await installation.run('people', 'import', file, '--apply');
    assert.deepEqual([endless.code, endless.error.code], [2, 'roster/endless-row'], 'below the limit it is read');
    assert.deepEqual(
      [await count('registry.person'), await count('registry.roster_plan'), await count('platform.outbox')],
      before,
    );
  });

  test('the other commands answer in JSON, one object a line', async () => {
    const folder = join(installation.directory, 'none');
    await mkdir(folder);
    const asked = [
      [['migrate'], 0],
      [['doctor'], 0],
      [['doctor', '--variables'], 0],
      [['ids', 'check', '4894896540'], 0],
      [['sync', 'targets'], 0],
      [['log', 'verify'], 0],
      [['sync', 'run', 'none'], 2],
      [['restore', folder], 2],
    ] as const;
    const answers = await Promise.all(asked.map(([args]) => installation.run(...args)));
    for (const [index, [args, expected]] of asked.entries()) {
      const { code, stdout = '', lines = [], error } = answers[index] ?? {};
      assert.equal(code, expected, `${args} ${stdout}`);
      assert.equal(stdout.split('\n').filter(Boolean).length, lines.length, `${args}: nothing but JSON`);
      assert.equal(error !== undefined, expected === 2, `${args}`);
    }
  });
});
