import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { defineEvents } from '@edutrust/platform/events';
import { listNotices } from '@edutrust/registry/notices';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import Type from 'typebox';
import { type TestCity, TestPhone, testCity } from '../../testing/city.ts';
import { pushService } from '../../testing/push-service.ts';
import { remind, remindByMail } from './remind.ts';

const hour = 3_600_000;

/** As signing in and out tells it. */
const signInEvents = defineEvents({
  'session.ended': {
    subject: 'person',
    data: { session: Type.String(), reason: Type.String() },
    vi: 'đăng xuất',
    en: 'signed out',
  },
});

describe('reminders', () => {
  let world: TestCity;
  let teacher: string;
  before(async () => {
    world = await testCity();
    teacher = world.classTeacherOf(0);
  });
  after(() => world[Symbol.asyncDispose]());

  const subscribe = (person: string, body: object, session?: string) =>
    world.call(person, 'PUT', '/api/v1/signing/push/subscription', body, session);
  const at = (laterMs: number) => ({ ...world.context, clock: { now: () => new Date(Date.now() + laterMs) } });
  const subscribed = async () =>
    (await sql<{ person: string }>`SELECT person_id AS person FROM signing.push_subscription`.execute(world.context.db))
      .rows;

  test('a browser is told how many wait, once for a burst, and nothing that names anybody', async () => {
    await using service = await pushService();
    const { json } = await world.call(teacher, 'GET', '/api/v1/signing/push');
    assert.deepEqual([json.isTold, Buffer.from(json.applicationServerKey, 'base64url').length], [false, 65]);
    for (const _ of [1, 2]) assert.equal((await subscribe(teacher, service.subscription())).json.isTold, true);
    assert.equal((await subscribed()).length, 1, 'the same browser');
    await Promise.all([remind(at(0)), remind(at(0))]);
    const waiting = (await new TestPhone(world, teacher).inbox()).length;
    assert.deepEqual(
      service.messages.map(({ text }) => text),
      [JSON.stringify({ waiting })],
    );
    const { headers } = service.messages[0] ?? { headers: {} as Record<string, unknown> };
    assert.equal(headers['content-encoding'], 'aes128gcm');
    assert.match(String(headers.authorization), /^vapid t=/);
    await remind(at(hour));
    assert.equal(service.messages.length, 1, 'nothing new waits');
    await sql`UPDATE signing.step SET due_since = ${new Date(Date.now() + hour)}
      WHERE signer_id = ${teacher} AND state = 'due'`.execute(world.context.db);
    await remind(at(2 * hour));
    assert.equal(service.messages.length, 2, 'something new waits');
    await sql`UPDATE signing.step SET due_since = ${new Date(Date.now() + 2 * hour + 1000)}
      WHERE signer_id = ${teacher} AND state = 'due'`.execute(world.context.db);
    await remind(at(2 * hour + 60_000));
    assert.equal(service.messages.length, 2, 'told a minute ago');
    service.answer.status = 410;
    await remind(at(3 * hour));
    assert.deepEqual(await subscribed(), [], 'the browser is gone');
  });

  test('neither a pupil nor an address inside our network, and nobody ends somebody else’s browser', async () => {
    await using service = await pushService();
    const own = service.subscription('/own');
    assert.equal((await subscribe(world.city.people.pupil, own)).status, 403);
    for (const endpoint of ['http://169.254.169.254/latest', 'http://10.0.0.8/send', 'ftp://push.example/1']) {
      const { status } = await subscribe(teacher, { ...own, endpoint });
      assert.ok(status === 400 || status === 422, `${endpoint} ${status}`);
    }
    const bent = { ...own, keys: { ...own.keys, p256dh: Buffer.alloc(65, 4).toString('base64url') } };
    assert.equal((await subscribe(teacher, bent)).json.code, 'reminders/bad-subscription');
    await sql`DELETE FROM signing.push_subscription`.execute(world.context.db);
    await subscribe(teacher, own);
    const end = (person: string) =>
      world.call(person, 'POST', '/api/v1/signing/push/subscription/end', { endpoint: own.endpoint });
    await end(world.classTeacherOf(1));
    assert.equal((await subscribed()).length, 1);
    assert.equal((await end(teacher)).json.isTold, false);
    assert.deepEqual(await subscribed(), []);
  });

  test('signing out ends the browser’s reminders; who subscribes on a shared browser takes it over', async () => {
    await using service = await pushService();
    const other = world.classTeacherOf(1);
    await subscribe(teacher, service.subscription(), 'session-of-the-shared-browser');
    await subscribe(other, service.subscription(), 'the-next-session');
    assert.deepEqual(await subscribed(), [{ person: other }]);
    world.service.start?.();
    const { db } = world.context;
    const end = (session: string) =>
      db.transaction().execute((transaction) =>
        signInEvents.record(transaction, {
          type: 'session.ended',
          actor: { kind: 'system', name: 'test' },
          subject: { kind: 'person', id: other },
          data: { session, reason: 'signed-out' },
        }),
      );
    await end('session-of-the-shared-browser');
    await end('the-next-session');
    await eventually(async () => assert.deepEqual(await subscribed(), []));
  });

  test('a mail a day, while something new waits or a deadline comes; twice is once', async () => {
    const { db } = world.context;
    const told = async () =>
      (await listNotices(db, teacher)).filter(({ kind }) => kind === 'documents.waiting').map(({ title }) => title.vi);
    await sql`UPDATE signing.step SET due_since = now() WHERE state = 'due'`.execute(db);
    await Promise.all([remindByMail(at(1000)), remindByMail(at(1000))]);
    assert.equal((await told()).length, 1);
    assert.match((await told())[0] ?? '', /^Có \d+ hồ sơ chờ ký\.$/);
    await remindByMail(at(24 * hour));
    assert.equal((await told()).length, 1, 'nothing new');
    await sql`UPDATE signing.request SET due_at = ${new Date(Date.now() + 50 * hour)} WHERE id IN (
      SELECT request_id FROM signing.step WHERE signer_id = ${teacher} AND state = 'due')`.execute(db);
    await remindByMail(at(24 * hour));
    assert.equal((await told()).length, 1, 'the deadline is two days away');
    await remindByMail(at(48 * hour));
    assert.match((await told())[0] ?? '', /hạn sớm nhất ngày \d\d\/\d\d\/\d{4}/);
  });

  test('a deadline that passes is told once to who asked, in one notice; the document can still be signed', async () => {
    const { db } = world.context;
    const administrator = world.city.schools[0]?.administratorId ?? '';
    const inbox = await new TestPhone(world, teacher).inbox();
    await sql`UPDATE signing.request SET due_at = ${new Date(Date.now() + hour)}, requested_by = ${administrator}
      WHERE id = ANY(${inbox.map(({ id }) => id)}::uuid[])`.execute(db);
    const overdue = async () =>
      (await listNotices(db, administrator)).filter(({ kind }) => kind === 'documents.overdue').length;
    await remind(at(0));
    assert.equal(await overdue(), 0);
    await Promise.all([remind(at(2 * hour)), remind(at(2 * hour))]);
    await remind(at(3 * hour));
    assert.ok((await overdue()) >= 1);
    const { rows } = await sql<{ events: number }>`
      SELECT count(*)::int AS events FROM platform.outbox WHERE type = 'signing-request.overdue'`.execute(db);
    assert.equal(rows[0]?.events, inbox.length, 'each once');
    assert.equal((await new TestPhone(world, teacher).inbox()).length, inbox.length);
  });

  test('a clerk is told when a seal becomes due, the clerk of another school is not', async () => {
    await using service = await pushService();
    await using elsewhere = await pushService();
    const [own, other] = world.city.schools;
    await subscribe(own?.clerkId ?? '', service.subscription());
    await subscribe(other?.clerkId ?? '', elsewhere.subscription());
    await world.giveSeal(0);
    const [id = ''] = await world.nextForPrincipal(0, 1);
    await remind(at(1000));
    assert.deepEqual([service.messages.length, elsewhere.messages.length], [0, 0], 'the head has not signed');
    const principal = await world.phoneOf(own?.principalId ?? '');
    const session = await principal.open([id]);
    await principal.confirm(session, await principal.confirmation(session));
    await remind(at(1000));
    assert.deepEqual(
      [service.messages.map(({ text }) => text), elsewhere.messages.length],
      [[JSON.stringify({ waiting: 1 })], 0],
    );
  });
});
