import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readConfig } from '@edutrust/platform/config';
import { TestBrowser } from '@edutrust/testing/browser';
import { type TestInstallation, testInstallation } from '@edutrust/testing/installation';
import { freePort } from '@edutrust/testing/port';
import { pino } from 'pino';
import { composeApp, loadPages, openContext } from '../process/app.ts';

const department = 'Sở Giáo dục và Đào tạo';
const setup = [
  'setup',
  '--department',
  department,
  '--administrator',
  'Lê Thị Minh Tâm',
  '--title',
  'Giám đốc',
  '--officer',
  'Phạm Quốc Bảo',
];
const password = 'một câu đủ dài để nhớ lâu';

async function count(installation: TestInstallation, table: string): Promise<number> {
  const { rows } = await installation.database.pool.query<{ count: number }>(`SELECT count(*) AS count FROM ${table}`);
  return rows[0]?.count ?? -1;
}

/** The platform as it is served, at the address that the link names. */
async function serve(installation: TestInstallation) {
  const config = readConfig({ ...installation.environment });
  const context = await openContext(config, pino({ level: 'silent' }), { serves: false });
  const { app } = await composeApp(context, ['idp', 'registry'], await loadPages());
  await app.listen({ host: '127.0.0.1', port: Number(config.url.port) });
  return {
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await context.close();
    },
  };
}

describe('edutrust setup', () => {
  test('T5: an empty production database gets two people, an administrator and a security officer, each with a link that works once, and no others', async () => {
    await using installation = await testInstallation({ EDUTRUST_URL: `http://localhost:${await freePort()}` });
    const [one, other] = await Promise.all([installation.run(...setup), installation.run(...setup)]);
    const [made, refused] = one.code === 0 ? [one, other] : [other, one];
    assert.deepEqual([made.code, refused.code], [0, 2], `${made.stderr}${refused.stderr}`);
    const [{ administrator, officer }] = made.lines;
    const { link, educationId, personId } = administrator;
    assert.notEqual(officer.personId, personId);
    assert.notEqual(officer.link, link);
    assert.ok(refused.error.remedy.includes(`edutrust people invite ${educationId}`));
    assert.equal(refused.error.code, 'setup/done');
    assert.deepEqual(
      [await count(installation, 'registry.person'), await count(installation, 'registry.organisation')],
      [2, 1],
    );
    const alone = await installation.run(...setup.slice(0, -1), 'Lê Thị Minh Tâm');
    assert.deepEqual([alone.code, alone.error.code], [2, 'setup/two-people']);
    const again = await installation.run(...setup);
    assert.deepEqual([again.code, again.error.code], [2, 'setup/done']);

    await using _server = await serve(installation);
    const browser = new TestBrowser();
    const origin = new URL(link).origin;
    const opened = await browser.get(link);
    assert.match(opened.body, /Lê Thị Minh Tâm|Tâm/);
    const confirm = opened.forms[0];
    assert.ok(confirm);
    const choose = await browser.post(`${origin}${confirm.action}`, { ...confirm.hidden, answer: 'yes' });
    const form = choose.forms.find(({ action }) => action === '/activate/password');
    assert.ok(form, choose.body);
    const done = await browser.post(`${origin}${form.action}`, { ...form.hidden, password, repeat: password });
    // A password alone opens nothing of what an administrator answers for: the second factor comes next (W5).
    assert.equal(new URL(done.url).pathname, '/account/second-factor', done.body);
    assert.equal((await new TestBrowser().get(link)).status, 400, 'the link is used up');

    const shown = await installation.run('people', 'show', educationId);
    const [person] = shown.lines;
    assert.deepEqual([person.id, person.account.status, person.account.hasPassword], [personId, 'active', true]);
    assert.equal(person.affiliations[0].organisation.name, department);
    assert.equal((await installation.run('log', 'verify')).code, 0);
  });

  test('T5: a link that was lost is followed by a code; beside a real city no demo is seeded; who left leaves a way back', async () => {
    await using installation = await testInstallation();
    const made = await installation.run(...setup);
    const { educationId, personId } = made.lines[0].administrator;
    const invited = await installation.run('people', 'invite', educationId);
    assert.equal(invited.code, 0, invited.stderr);
    assert.match(invited.lines[0].code, /^[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}$/);
    assert.equal(await count(installation, 'idp.activation'), 3);
    const demo = await installation.run('seed', 'demo');
    assert.deepEqual([demo.code, demo.error.code], [2, 'demo/not-empty']);
    assert.equal(await count(installation, 'registry.person'), 2);
    await installation.database.pool.query("UPDATE registry.person SET status = 'left' WHERE id = $1", [personId]);
    const other = await installation.run(...setup, '--code', 'KHAC');
    assert.deepEqual([other.code, other.error.code], [2, 'setup/other-department']);
    const successor = await installation.run(...setup);
    assert.equal(successor.code, 0, successor.stderr);
    assert.equal(successor.lines[0].organisationId, made.lines[0].organisationId, 'the same department');
    assert.equal(successor.lines[0].officer, null, 'the officer is there already');
  });
});
