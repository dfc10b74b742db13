import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type TestInstallation, testInstallation } from '@edutrust/testing/installation';

describe('edutrust apps and edutrust keys', () => {
  let installation: TestInstallation;
  before(async () => {
    installation = await testInstallation();
    const made = await installation.run(
      ...['setup', '--department', 'Sở Giáo dục', '--administrator', 'Lê Thị Minh Tâm', '--officer', 'Phạm Quốc Bảo'],
    );
    assert.equal(made.code, 0, made.stderr);
  });
  after(() => installation?.[Symbol.asyncDispose]());

  test('an app is registered with a secret that is shown once, and stands in the list', async () => {
    const added = await installation.run(
      ...['apps', 'add', 'Bản đồ trường', '--organisation', 'SGDDT', '--purpose-vi', 'Xem bản đồ của trường'],
      ...['--redirect', 'https://map.example.edu.vn/callback', '--approved'],
    );
    assert.equal(added.code, 0, added.stderr);
    const [app] = added.lines;
    assert.ok(app.clientSecret.length >= 43);
    const listed = await installation.run('apps', 'list');
    assert.ok(!listed.stdout.includes(app.clientSecret));
    const found = listed.lines.find(({ clientId }) => clientId === app.clientId);
    assert.deepEqual([found.name, found.isApproved, found.kind], ['Bản đồ trường', true, 'web']);
    const old = ['apps', 'add', 'Moodle', '--organisation', 'SGDDT', '--purpose-vi', 'Học trên Moodle'];
    const addOld = (kind: string, how: string) =>
      installation.run(
        ...old,
        '--redirect',
        'https://moodle.example.edu.vn/callback',
        '--kind',
        kind,
        '--code-protection',
        how,
      );
    assert.deepEqual(
      [(await addOld('spa', 'nonce')).error.code, (await addOld('web', 'trust-me')).code],
      ['apps/needs-pkce', 2],
    );
    const [moodle] = (await addOld('web', 'nonce')).lines;
    assert.equal(moodle.codeProtection, 'nonce');
    const bad = await installation.run(
      ...['apps', 'add', 'Xấu', '--organisation', 'SGDDT', '--purpose-vi', 'x', '--redirect', 'http://evil.example/'],
    );
    assert.deepEqual([bad.code, bad.error.code], [2, 'apps/bad-address']);
    assert.equal((await installation.run('apps', 'list')).lines.length, 2, 'nothing half done');
  });

  test('a token for registering apps is shown once, listed without itself, within its limits, and ends', async () => {
    const of = ['--organisation', 'SGDDT'];
    const token = (...words: string[]) => installation.run('apps', 'token', ...words, ...of);
    const made = (await token('make', '--sandbox', '--standard-defaults', '--uses', '3', '--scope', 'openid')).lines[0];
    assert.ok(made.token.length >= 43);
    const listed = await token('list');
    assert.ok(!listed.stdout.includes(made.token));
    const { id, usesLeft, isSandbox, hasStandardDefaults, scopes } = listed.lines[0];
    assert.deepEqual(
      { id, usesLeft, isSandbox, hasStandardDefaults, scopes },
      { id: made.id, usesLeft: 3, isSandbox: true, hasStandardDefaults: true, scopes: ['openid'] },
    );
    assert.notEqual((await token('make', '--uses', '51')).code, 0);
    const unknown = await token('make', '--scope', 'everything');
    assert.deepEqual([unknown.code, unknown.error.code], [2, 'registration-tokens/unknown-scope']);
    assert.equal((await token('end', made.id)).code, 0);
    assert.equal((await token('list')).lines.length, 0);
    assert.equal((await token('end', made.id)).error.code, 'registration-tokens/not-found', 'once');
  });

  test('T5: broken glass is opened by its own command alone, for somebody with an account, a role of two and a reason', async () => {
    const [person] = (await installation.database.pool.query('SELECT education_id AS id FROM registry.person LIMIT 1'))
      .rows;
    const open = (...words: string[]) => installation.run('break-glass', 'open', person.id, ...words);
    const reason = ['--reason', 'Hai cán bộ mất điện thoại'];
    assert.equal((await open(...reason)).code, 2, 'no role');
    assert.equal((await open('--role', 'signer', ...reason)).code, 2, 'not one of the two');
    for (const [hours, code] of [
      ['9', 'break-glass/hours'],
      ['1.5', 'break-glass/hours'],
      ['1', 'break-glass/no-account'],
    ] as const) {
      const { error } = await open('--role', 'security-officer', '--hours', hours, ...reason);
      assert.equal(error.code, code);
    }
    assert.equal((await installation.run('break-glass', 'link')).error.code, 'break-glass/none');
    assert.equal((await installation.run('break-glass', 'close')).error.code, 'break-glass/none');
    assert.deepEqual((await installation.run('break-glass', 'list')).lines, []);
    const help = await installation.run('break-glass', '--help');
    assert.match(help.stdout, /never counts as one of two people/);
  });

  test('K2: a rotation publishes the next key before it signs; compromised keys end at once', async () => {
    const list = async () => (await installation.run('keys', 'list')).lines;
    assert.equal((await installation.run('keys', 'rotate')).code, 0); // the first key: nothing has signed yet
    const [published] = await list();
    assert.equal(published.state, 'published');
    assert.ok(new Date(published.activatesAt).getTime() - new Date(published.createdAt).getTime() >= 3_600_000);
    const { pool } = installation.database;
    await pool.query("UPDATE idp.signing_key SET activates_at = activates_at - interval '61 minutes'"); // an hour later
    assert.deepEqual(
      (await list()).map(({ state }) => state),
      ['signing'],
    );
    await installation.run('keys', 'rotate');
    const both = await list();
    assert.deepEqual(
      both.map(({ state }) => state),
      ['published', 'signing'],
    );
    assert.ok(new Date(both[1].retiresAt).getTime() > Date.now() + 24 * 3_600_000, 'believed for a day longer');
    await pool.query("UPDATE idp.signing_key SET activates_at = activates_at - interval '61 minutes'");
    assert.deepEqual(
      (await list()).map(({ state }) => state),
      ['signing', 'retiring'],
    );
    const rotated = await installation.run('keys', 'rotate', '--compromised');
    const after = await list();
    assert.deepEqual(
      after.map(({ state }) => state),
      ['signing', 'retired', 'retired'],
    );
    assert.equal(after[0].kid, rotated.lines[0].kid);
  });
});
