import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listLearners } from '@edutrust/registry/classes';
import type { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { callAs } from '../../testing/api.ts';
import { type TestIdp, testIdp } from '../../testing/idp.ts';

let world: TestIdp;
const browsers = new Map<string, TestBrowser>();
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

const as = (personId: string, method: string, path: string, body?: object) =>
  callAs(world, browsers, personId, method, path, body);

async function ownClass() {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM registry.class WHERE homeroom_teacher_id = ${world.city.people.teacher}`.execute(world.context.db);
  const id = rows[0]?.id ?? '';
  return { id, learners: await listLearners(world.context.db, id) };
}

test('a sheet for a class gives codes to those without an account in use; one in use only when that is meant', async () => {
  const { teacher, pupil } = world.city.people;
  const { id, learners } = await ownClass();
  await world.activate(pupil);
  const accounts = await as(teacher, 'GET', `/classes/${id}/accounts`);
  assert.deepEqual(
    accounts.json.items.map(({ personId }: { personId: string }) => personId),
    learners.map((learner) => learner.id),
    'in the order of the class list',
  );
  const of = (personId: string) => accounts.json.items.find((one: { personId: string }) => one.personId === personId);
  assert.equal(of(pupil).status, 'active');

  const all = { personIds: learners.map((learner) => learner.id) };
  const made = await as(teacher, 'POST', `/classes/${id}/activation-codes`, all);
  assert.equal(made.status, 201, JSON.stringify(made.json));
  assert.equal(made.json.made.length, learners.length - 1);
  assert.deepEqual(made.json.skipped, [{ personId: pupil, reason: 'active' }]);
  assert.equal(new Set(made.json.made.map(({ code }: { code: string }) => code)).size, learners.length - 1);

  const meant = await as(teacher, 'POST', `/classes/${id}/activation-codes`, {
    personIds: [pupil],
    resetsActive: true,
  });
  assert.equal(meant.json.made[0].person.id, pupil);
});

test('A5: a sheet is made whole or not at all, and by the class teacher or the school alone', async () => {
  const { db } = world.context;
  const { teacher, principal, schoolAdministrator, pupil } = world.city.people;
  const { id, learners } = await ownClass();
  const [first] = learners.filter((learner) => learner.id !== pupil);
  assert.ok(first);
  const codes = async () =>
    (await sql<{ id: string }>`SELECT id FROM idp.activation WHERE revoked_at IS NULL ORDER BY id`.execute(db)).rows;
  const before = await codes();
  const stranger = await as(teacher, 'POST', `/classes/${id}/activation-codes`, { personIds: [first.id, principal] });
  assert.deepEqual([stranger.status, stranger.json.code], [400, 'accounts/not-in-class']);
  assert.deepEqual(await codes(), before, 'nothing of it was made');

  const others = world.city.schools.flatMap(({ teacherIds }) => teacherIds).filter((one) => one !== teacher);
  for (const other of [others[0] ?? '', others.at(-1) ?? '', pupil]) {
    assert.equal((await as(other, 'GET', `/classes/${id}/accounts`)).status, 403);
    const one: object = { personIds: [first.id] };
    assert.equal((await as(other, 'POST', `/classes/${id}/activation-codes`, one)).status, 403);
  }
  const school = await as(schoolAdministrator, 'POST', `/classes/${id}/activation-codes`, { personIds: [first.id] });
  assert.equal(school.status, 201);
});
