import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listMail } from '@edutrust/platform/mail';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';
import { noticeTasks } from '../notices/notices.ts';

test('W7: notices are mailed where the school says staff are reached; who was reached elsewhere is told there', async () => {
  await using world = await openRegistry();
  const { context, city, call } = world;
  const { administrator, schoolAdministrator, principal, pupil } = city.people;
  const patch = (who: string, whom: string, email: string | null) => call(who, 'PATCH', `people/${whom}`, { email });
  const mailed = async () => {
    const { rows } = await sql<{ id: string }>`SELECT id FROM registry.notice WHERE mailed_at IS NULL`.execute(
      context.db,
    );
    for (const task of Object.values(noticeTasks(context))) for (const { id } of rows) await task({ id });
    return (await listMail(context.db, 20)).map(({ to }) => to);
  };
  const input = { fullName: 'Lê Thị Lan', role: 'teacher', email: 'co.lan@truong.edu.vn' };
  const made = await call(schoolAdministrator, 'POST', 'people', { ...input, organisationId: city.schools[0]?.id });
  assert.equal(made.status, 201, JSON.stringify(made.json));
  const teacher: string = made.json.id;
  assert.deepEqual(await mailed(), ['co.lan@truong.edu.vn']);
  assert.equal((await patch(schoolAdministrator, teacher, ' co.lan@truong.edu.vn ')).status, 200);
  assert.deepEqual(await mailed(), ['co.lan@truong.edu.vn'], 'the same again is no news');
  assert.equal((await patch(schoolAdministrator, teacher, 'ke.khac@thu.example')).status, 200);
  assert.deepEqual((await mailed()).sort(), ['co.lan@truong.edu.vn', 'co.lan@truong.edu.vn']);
  assert.equal((await patch(schoolAdministrator, teacher, null)).status, 200);
  assert.ok((await mailed()).includes('ke.khac@thu.example'), 'also when there is no address any longer');

  assert.equal((await call(administrator, 'GET', `people/${teacher}`)).json.email, null);
  await patch(administrator, principal, 'hieu.truong@truong.edu.vn');
  assert.equal((await call(administrator, 'GET', `people/${principal}`)).json.email, 'hieu.truong@truong.edu.vn');
  for (const reader of [schoolAdministrator, city.people.teacher])
    assert.equal((await call(reader, 'GET', `people/${principal}`)).json.email, null, 'for who may change it alone');
  assert.equal((await patch(schoolAdministrator, principal, 'x@y.example')).status, 403, 'never upwards');
  assert.equal((await patch(administrator, pupil, 'em@y.example')).json.code, 'people/no-email-of-pupils');
  for (const text of [
    'no-at',
    'a@b',
    'a b@c.vn',
    'a@b.vn\nBcc: c@d.vn',
    'a@b.vn,c@d.vn',
    '"x" <a@b.vn>',
    'a@b..vn',
    'a@.vn',
  ])
    assert.equal((await patch(administrator, teacher, text)).json.code, 'people/bad-email', text);
});
