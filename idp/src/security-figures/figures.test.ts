import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { OutboxReader } from '@edutrust/platform/outbox';
import { sql } from 'kysely';
import { callAs } from '../../testing/api.ts';
import { type TestIdp, testIdp } from '../../testing/idp.ts';
import { securityCounter, securityFigures } from './figures.ts';

type Event = Parameters<OutboxReader['handle']>[0][number];
let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

test('what officers watch is counted by day in Vietnam and by organisation, within reach, and holds no person', async () => {
  const { context, city } = world;
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM registry.organisation WHERE kind = 'school' ORDER BY id LIMIT 2`.execute(context.db);
  const [one, other] = rows.map(({ id }) => id);
  assert.ok(one && other);
  const now = context.clock.now();
  const event = (type: string, organisationId: string | null, data: Event['data'] = {}, at = now): Event => ({
    ...{ id: '1', type, at, organisationId, data, actor: { kind: 'system', name: 'idp' } as Event['actor'] },
    subject: { kind: 'person', id: city.people.pupil },
  });
  const monthAgo = new Date(now.getTime() - 40 * 86_400_000);
  const counter = securityCounter(context);
  await counter.handle([
    event('sign-in.failing', one, { failures: 5 }),
    event('sign-in.failing', one),
    event('pin.locked', other),
    event('account.signed-in', one, { newDevice: true }),
    event('account.signed-in', one, { newDevice: false }),
    event('sign-in.questioned', one, { asked: 'app', signals: ['new-device'] }),
    event('sign-in.spraying', null), // from an address: nobody's, so the department's
    event('role.granted', one, {}, monthAgo),
  ]);
  const whole = await securityFigures(context.db, [city.departmentId], { now, days: 30 });
  assert.equal(whole.days.length, 30);
  const { day: _day, ...today } = whole.days.at(-1) ?? {};
  assert.deepEqual(today, { guessing: 3, locked: 1, newDevices: 1, questioned: 1, privileged: 0 });
  assert.ok(whole.days.slice(0, -1).every(({ guessing, privileged }) => guessing + privileged === 0));
  assert.equal(whole.organisations.length, 3);
  assert.equal(whole.organisations[0]?.id, one);
  const longer = await securityFigures(context.db, [city.departmentId], { now, days: 60 });
  assert.equal(
    longer.days.reduce((sum, { privileged }) => sum + privileged, 0),
    1,
  );
  const school = await securityFigures(context.db, [other], { now, days: 30 });
  assert.deepEqual(
    school.organisations.map(({ id }) => id),
    [other],
    'T3: nothing of the school beside',
  );
  const kept = await sql`SELECT k::text AS text FROM idp.security_day AS k`.execute(context.db);
  assert.ok(!JSON.stringify(kept.rows).includes(city.people.pupil));
});

test('T1: figures are for officers; a school’s administrator and a teacher are refused', async () => {
  const browsers = new Map();
  const { schoolAdministrator, teacher } = world.city.people;
  for (const personId of [schoolAdministrator, teacher])
    assert.equal((await callAs(world, browsers, personId, 'GET', '/security/figures')).status, 403);
});
