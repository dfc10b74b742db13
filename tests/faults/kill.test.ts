import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { openBrowser, openDevice } from '@edutrust/testing/chromium';
import { command } from '@edutrust/testing/command';
import { Platform } from '@edutrust/testing/platform';
import pg from 'pg';

const header = 'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính';
const rowsPerFile = 400;

async function openDatabase(platform: Platform): Promise<pg.Client> {
  const cluster = join(platform.directory, 'var/postgres');
  const password = (await readFile(join(cluster, 'edutrust.password'), 'utf8')).trim();
  const port = (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n')[3];
  const client = new pg.Client({ connectionString: `postgres://edutrust:${password}@127.0.0.1:${port}/edutrust` });
  await client.connect();
  return client;
}

test('kill -9 during an import leaves all of its people or none, every ID once, and a log that proves it (L2)', async () => {
  await using platform = await Platform.start();
  const database = await openDatabase(platform);
  const before = (await database.query('SELECT count(*)::int AS count FROM registry.person')).rows[0].count;
  let people = before;
  const seen = { nothing: 0, everything: 0 };
  /** How long an import takes here and now, of which only the end is acknowledged. */
  let wholeMs = 0;
  for (let round = 0; round < 8; round += 1) {
    const file = join(platform.directory, `round-${round}.csv`);
    const line = (index: number) =>
      `TH001,${1 + round}K,KILL${round}${String(index).padStart(5, '0')},Nguyễn Văn Lần ${'Ba'.repeat(1 + (index % 5))},0${1 + (index % 9)}/09/2015,Nam`;
    await writeFile(file, [header, ...Array.from({ length: rowsPerFile }, (_, index) => line(index))].join('\n'));
    const child = spawn(process.execPath, [command, '--json', 'people', 'import', file, '--apply'], {
      env: platform.environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let acknowledged = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      acknowledged += text;
    });
    const closed = once(child, 'close');
    const from = performance.now();
    // The first is left alone; then from the middle of the start to about the end. Where it hits must not matter.
    const timer = round > 0 && setTimeout(() => child.kill('SIGKILL'), wholeMs * (0.2 + round * 0.12));
    await closed;
    if (timer) clearTimeout(timer);
    else wholeMs = performance.now() - from;
    const now = (await database.query('SELECT count(*)::int AS count FROM registry.person')).rows[0].count;
    assert.ok(now === people || now === people + rowsPerFile, `${now - people} of ${rowsPerFile}`);
    const isAcknowledged = acknowledged.trim().split('\n').length === 2;
    if (isAcknowledged) assert.equal(now, people + rowsPerFile, 'what was acknowledged is there');
    if (now === people) seen.nothing += 1;
    else seen.everything += 1;
    const created = await database.query(
      "SELECT count(*)::int AS count FROM platform.outbox WHERE type = 'person.created'",
    );
    assert.equal(created.rows[0].count, now, 'an event for each effect, and none without');
    people = now;
  }
  assert.ok(seen.nothing > 0, 'no kill hit an import before its end');
  await database.end();
  assert.equal((await platform.run('log', 'verify')).code, 0);
});

test('kill -9 of the server loses no acknowledged activation and no session', async () => {
  await using platform = await Platform.start();
  const browser = await openBrowser();
  try {
    const { page } = await openDevice(browser, { javaScript: false });
    const pupil = platform.welcome?.people.find(({ role }) => role.startsWith('Học sinh'));
    assert.ok(pupil);
    await page.goto(`${platform.url}/activate`);
    await page.getByLabel('Mã kích hoạt').fill(pupil.code);
    await page.getByRole('button', { name: 'Tiếp tục' }).click();
    await page.getByRole('button', { name: 'Đúng', exact: true }).click();
    await page.getByLabel('Mật khẩu mới').fill('mèo con thích ăn cá');
    await page.getByLabel('Gõ lại mật khẩu').fill('mèo con thích ăn cá');
    await page.getByRole('button', { name: 'Xong' }).click();
    await page.waitForURL(`${platform.url}/`); // activation signs in
    await platform.end('SIGKILL');
    await platform.serve();
    await page.context().clearCookies();
    await page.goto(`${platform.url}/signin?return_to=/account`);
    await page.getByLabel('Mã giáo dục').fill(pupil.educationId);
    await page.getByLabel('Mật khẩu').fill('mèo con thích ăn cá');
    await page.getByRole('button', { name: 'Đăng nhập', exact: true }).click();
    await page.getByRole('heading', { name: pupil.name }).waitFor();
    await platform.end('SIGKILL');
    await platform.serve();
    await page.goto(`${platform.url}/account`);
    await page.getByRole('heading', { name: pupil.name }).waitFor();
    assert.equal((await platform.run('log', 'verify')).code, 0);
  } finally {
    await browser.close();
  }
});
