import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type RecordedEvent, readOutboxOnce } from '@edutrust/platform/outbox';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';
import { forgetOldHours, signInCounter, signInsOfDay } from './counting.ts';

let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

const sum = (hours: readonly { count: number }[]) => hours.reduce((total, { count }) => total + count, 0);

async function readAll(): Promise<void> {
  while ((await readOutboxOnce(world.context.db, signInCounter(world.context))) > 0);
}

/** An event as the outbox gives it. */
const signedIn = (personId: string, at: string): RecordedEvent =>
  ({ type: 'account.signed-in', at: new Date(at), subject: { kind: 'person', id: personId } }) as RecordedEvent; // what the counter reads

test('T3: a sign-in is counted behind itself, at the home organisation, and only those above it see the number', async () => {
  const { context, city } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const department = await world.enter(city.people.administrator);
  await readAll();
  await readAll(); // nothing is counted twice

  const pupil = city.people.pupil;
  const now = context.clock.now();
  await signInCounter(context).handle([signedIn(pupil, now.toISOString()), signedIn(pupil, now.toISOString())]);
  assert.equal(sum((await signInsOfDay(context.db, [primary.id], now)).hours), 2);
  assert.equal(sum((await signInsOfDay(context.db, [lower.id], now)).hours), 0);

  const seen = async (browser: typeof department) =>
    (await (await browser.request(`${world.origin}/api/v1/sign-ins`)).json()) as {
      hours: { count: number }[];
      behind: unknown[];
    };
  await eventually(async () => {
    await readAll();
    assert.equal(sum((await seen(department)).hours), 3, 'the city: two of the pupil, one of the administrator');
  });
  const teacher = await world.enter(city.people.teacher);
  assert.deepEqual(await seen(teacher), { hours: [], behind: [] }, 'a teacher reads accounts of the own class only');
});

test('the day is Vietnam’s; a school far behind the week before is named, one that was small then is not', async () => {
  const { context, city } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  await sql`DELETE FROM idp.sign_in_hour`.execute(context.db);
  const put = (hour: string, organisationId: string, count: number) =>
    sql`INSERT INTO idp.sign_in_hour VALUES (${hour}, ${organisationId}, ${count})`.execute(context.db);
  const now = new Date('2026-11-26T03:20:00Z'); // 10:20 in Ho Chi Minh City
  await put('2026-11-25T17:00:00Z', primary.id, 1); // midnight there: today
  await put('2026-11-25T16:00:00Z', primary.id, 50); // eleven in the evening before
  await put('2026-11-26T00:00:00Z', primary.id, 4);
  await put('2026-11-19T00:00:00Z', primary.id, 40);
  await put('2026-11-19T10:00:00Z', primary.id, 99); // later on that day: not yet missed
  await put('2026-11-19T00:00:00Z', lower.id, 9);
  const { hours, behind } = await signInsOfDay(context.db, [primary.id, lower.id], now);
  assert.equal(hours.length, 24);
  assert.deepEqual(hours[0], { hour: 0, count: 1, weekBefore: 0 });
  assert.deepEqual(hours[7], { hour: 7, count: 4, weekBefore: 49 });
  assert.deepEqual(hours[17], { hour: 17, count: 0, weekBefore: 99 });
  assert.deepEqual(behind, [{ id: primary.id, name: primary.name, count: 5, weekBefore: 40 }]);
});

test('hours are forgotten after five weeks', async () => {
  const { context, city } = world;
  const id = city.schools[0]?.id ?? '';
  await sql`DELETE FROM idp.sign_in_hour`.execute(context.db);
  await sql`INSERT INTO idp.sign_in_hour SELECT date_trunc('hour', now()) - days * interval '1 day', ${id}, 1
    FROM unnest(ARRAY[1, 34, 36, 400]) AS days`.execute(context.db);
  await forgetOldHours(context.db);
  const { rows } = await sql<{ kept: number }>`SELECT count(*)::int AS kept FROM idp.sign_in_hour`.execute(context.db);
  assert.equal(rows[0]?.kept, 2);
});
