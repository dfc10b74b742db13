import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { startWorker } from '@edutrust/platform/jobs';
import { seedDemo as seedCity } from '@edutrust/registry/demo';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { type TestCity, TestPhone, testCity } from '../../testing/city.ts';
import { seedDemo } from '../demo/demo.ts';
import { migrations } from '../migrations.ts';
import { makeTranscripts } from './runs.ts';
import { listWaiting } from './waiting.ts';

describe('signing requests', () => {
  let world: TestCity;

  before(async () => {
    world = await testCity();
  });
  after(() => world[Symbol.asyncDispose]());

  const count = async () => {
    const { rows } = await sql<{ count: number }>`SELECT count(*) FROM signing.request`.execute(world.context.db);
    return rows[0]?.count;
  };

  test('the demo gives every class teacher five transcripts to sign, once, from marks that the same writers entered', async () => {
    assert.equal(await count(), 15);
    await seedDemo(world.context, world.city);
    assert.equal(await count(), 15);
    for (const school of world.city.schools.keys()) {
      assert.equal((await new TestPhone(world, world.classTeacherOf(school)).inbox()).length, 5);
    }
    const { rows } = await sql<{ events: number }>`
      SELECT count(*)::int AS events FROM platform.outbox WHERE type = 'marks.entered'`.execute(world.context.db);
    assert.equal(rows[0]?.events, 3);
  });

  test('a demo city of before, whose teachers do not sign, starts all the same', async () => {
    await using older = await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed });
    const city = await seedCity(older);
    await sql`DELETE FROM registry.role_assignment WHERE role IN ('clerk', 'signer')`.execute(older.db);
    await seedDemo(older, city);
    const { rows } = await sql`SELECT FROM signing.request`.execute(older.db);
    assert.equal(rows.length, 0);
  });

  test('what stands out in a class is told to whoever signs it now, and to nobody else', async () => {
    const teacher = world.classTeacherOf(0);
    const [request] = await new TestPhone(world, teacher).inbox();
    assert.ok(request);
    const unusualFor = async (person: string) =>
      (await world.call(person, 'GET', '/api/v1/signing/inbox/unusual')).json.items as {
        requestId: string;
        findings: { label: string; kind: string; before: number; value: number; detail: string }[];
      }[];
    const before = (await unusualFor(teacher)).length;
    const { rows } = await sql<{ label: string }>`
      UPDATE signing.marks AS m
      SET content = m.content || '{"mathematics.term1.test": 3, "mathematics.year.test": 10}'::jsonb
      FROM signing.request AS r WHERE r.id = ${request.id} AND m.class_id = r.class_id AND m.person_id = r.subject_id
      RETURNING m.class_id AS label`.execute(world.context.db);
    assert.equal(rows.length, 1);
    const found = (await unusualFor(teacher)).find(({ requestId }) => requestId === request.id);
    const change = found?.findings.find(({ kind, label }) => kind === 'change' && label.startsWith('Toán'));
    assert.deepEqual([change?.before, change?.value], [3, 10]);
    assert.match(change?.detail ?? '', /^Tăng 7 điểm/);
    assert.ok((await unusualFor(teacher)).length >= before);
    const named = async (person: string) => {
      const { batches } = await listWaiting(world.context.db, await world.two.actor(person));
      return batches.flatMap(({ standOut }) => standOut.map(({ fullName }) => fullName));
    };
    const isNamed = async (person: string) => (await named(person)).some((name) => request.title.includes(name));
    assert.ok(await isNamed(teacher), 'by name where she sees it first');
    for (const other of [world.city.schools[0]?.principalId ?? '', world.classTeacherOf(1)]) {
      assert.ok(!(await unusualFor(other)).some(({ requestId }) => requestId === request.id));
      assert.ok(!(await isNamed(other)));
    }
    const pupil = await world.call(world.city.people.pupil, 'GET', '/api/v1/signing/inbox/unusual');
    assert.equal(pupil.status, 403);
  });

  test('a transcript says whose it is, in Vietnamese, and carries the code that leads to it', async () => {
    const phone = new TestPhone(world, world.classTeacherOf(0));
    const request = (await phone.inbox()).find(({ title }) => title.includes('Đặng Thị Ánh Nguyệt'));
    assert.ok(request);
    const { body } = await phone.call('GET', `requests/${request.id}/document`);
    const text = execFileSync('pdftotext', ['-layout', '-', '-'], { input: body, encoding: 'utf8' });
    assert.match(text, /Đặng Thị Ánh Nguyệt|ĐẶNG THỊ ÁNH NGUYỆT/);
    assert.ok(text.includes(request.code), 'the code is printed');
    const other = await world.call(
      world.city.schools[1]?.principalId ?? '',
      'GET',
      `/api/v1/signing/requests/${request.id}/document`,
    );
    assert.equal(other.status, 403);
  });

  test('asking for a class twice, also at once, makes each transcript once and says why somebody was passed over', async () => {
    const { schoolAdministrator } = world.city.people;
    const school = world.city.schools[0];
    const ask = (classId: string | undefined) => world.askFor(schoolAdministrator, { classId });
    const [one, other] = await Promise.all([ask(school?.classIds.at(-1)), ask(school?.classIds.at(-1))]);
    const { total } = one.json;
    assert.equal(one.json.made + other.json.made, total - 5);
    assert.equal(await count(), 15 + total - 5);
    for (const { json } of [one, other]) {
      assert.equal(json.made + json.skipped.length, total, 'everybody is accounted for');
      assert.ok(json.skipped.every(({ reason }: { reason: string }) => reason === 'exists'));
    }
    const without = await ask(school?.classIds[0]);
    assert.equal(without.json.made, 0);
    assert.ok(without.json.skipped.every(({ reason }: { reason: string }) => reason === 'no-marks'));
  });

  test('a run that a process left is made by the job, and nobody is counted twice', async () => {
    const { administratorId = '', classIds } = world.city.schools[1] ?? {};
    const asked = await world.call(administratorId, 'POST', '/api/v1/signing/transcripts', {
      classId: classIds?.at(-1),
    });
    assert.deepEqual([asked.status, asked.json.state, asked.json.made], [202, 'running', 0]);
    const { pool, log } = world.context;
    const worker = await startWorker({ pool, handlers: world.service.tasks ?? {}, concurrency: 2, log });
    try {
      await eventually(async () => {
        const { json } = await world.call(administratorId, 'GET', `/api/v1/signing/transcripts/${asked.json.id}`);
        assert.equal(json.state, 'done');
        assert.equal(json.made + json.skipped.length, json.total);
      });
    } finally {
      await worker.stop();
    }
  });

  test('a run is taken back by its class, as far as nobody has signed; another school takes nothing back', async () => {
    const { administratorId = '', classIds } = world.city.schools[1] ?? {};
    const stranger = world.city.schools[0]?.administratorId ?? '';
    const teacher = await world.phoneOf(world.classTeacherOf(1));
    const before = (await teacher.inbox()).map(({ id }) => id);
    for (const id of before) await world.call(administratorId, 'POST', `/api/v1/signing/requests/${id}/withdraw`);
    const path = '/api/v1/signing/transcripts';
    const started = await world.call(administratorId, 'POST', path, { classId: classIds?.at(-1) });
    const back = `${path}/${started.json.id}/withdraw`;
    assert.equal((await world.call(administratorId, 'POST', back)).json.code, 'signing/run-goes-on');
    await makeTranscripts(world.context, started.json.id);
    const [signed, ...others] = await teacher.inbox();
    assert.ok(signed && others.length > 0);
    const session = await teacher.open([signed.id]);
    await teacher.confirm(session, await teacher.confirmation(session));
    assert.equal((await world.call(stranger, 'POST', back)).status, 403);
    assert.equal((await teacher.inbox()).length, others.length);
    assert.deepEqual((await world.call(administratorId, 'POST', back)).json, { withdrawn: others.length });
    assert.deepEqual(
      [(await teacher.inbox()).length, (await world.call(administratorId, 'POST', back)).json],
      [0, { withdrawn: 0 }],
    );
    assert.equal(
      (await world.call(administratorId, 'GET', `/api/v1/signing/requests/${signed.id}`)).json.state,
      'waiting',
    );
  });

  test('J1: a run whose class teacher stopped being a signer ends, and says so of everybody', async () => {
    const { administratorId = '', classIds, teacherIds } = world.city.schools[2] ?? {};
    const classId = classIds?.at(-1);
    const { json } = await world.call(administratorId, 'POST', '/api/v1/signing/transcripts', { classId });
    const teacherId = teacherIds?.[(classIds?.length ?? 0) - 1];
    const setEnded = (ended: boolean) =>
      sql`UPDATE registry.role_assignment SET ended_at = ${ended ? new Date() : null} WHERE person_id = ${teacherId} AND role = 'signer'`.execute(
        world.context.db,
      );
    await setEnded(true);
    await makeTranscripts(world.context, json.id);
    await setEnded(false);
    const ended = (await world.call(administratorId, 'GET', `/api/v1/signing/transcripts/${json.id}`)).json;
    assert.deepEqual([ended.state, ended.made, ended.skipped.length], ['done', 0, ended.total]);
    assert.ok(ended.skipped.every(({ reason }: { reason: string }) => reason === 'failed'));
  });

  test('only their own organisation asks, and only for its own learners and signer', async () => {
    const [first, second] = world.city.schools;
    const classId = first?.classIds.at(-1);
    const path = '/api/v1/signing/transcripts';
    assert.equal((await world.call(second?.administratorId ?? '', 'POST', path, { classId })).status, 403);
    const { schoolAdministrator, teacher } = world.city.people;
    const stranger = await world.call(schoolAdministrator, 'POST', path, { classId, personIds: [teacher] });
    const byTeacher = await world.call(schoolAdministrator, 'POST', path, { classId, signerId: teacher });
    assert.equal(byTeacher.json.code, 'signing/no-signer', 'a teacher signs for no school');
    assert.equal(stranger.json.code, 'signing/not-in-class');
    const signer = await world.call(schoolAdministrator, 'POST', path, { classId, signerId: second?.principalId });
    assert.equal(signer.json.code, 'signing/no-signer');
    const list = await world.call(second?.administratorId ?? '', 'GET', '/api/v1/signing/requests?limit=200');
    assert.ok(list.json.items.length > 0);
    assert.ok(list.json.items.every((item: { organisation: { id: string } }) => item.organisation.id === second?.id));
  });

  test('T3: a document is found by words of its title without marks, by education ID and by its code, and by nobody out of reach', async () => {
    const [first, second] = world.city.schools;
    const find = async (person: string | undefined, typed: string) => {
      const path = `/api/v1/signing/requests?q=${encodeURIComponent(typed)}`;
      const { status, json } = await world.call(person ?? '', 'GET', path);
      assert.equal(status, 200, typed);
      return json.items as { id: string; title: string; code: string; subject: { educationId: string } }[];
    };
    const [one] = await find(first?.administratorId, 'anh nguyet dang');
    assert.ok(one, 'in any order');
    assert.match(one.title, /Đặng Thị Ánh Nguyệt/);
    const ways = [one.title, one.title.toUpperCase(), one.subject.educationId, one.code, one.code.toLowerCase()];
    for (const typed of [...ways, one.code.replaceAll('-', ' '), 'ng thi nguyet']) {
      const seen = await find(first?.administratorId, typed);
      assert.ok(
        seen.some(({ id }) => id === one.id),
        typed,
      );
      for (const other of [second?.administratorId, second?.principalId, world.classTeacherOf(1)]) {
        const found = await find(other, typed);
        assert.ok(!found.some(({ id }) => id === one.id), `${typed} from another school`);
      }
    }
    for (const typed of ['%', '_', '%%%', "'", '\\', 'x'.repeat(100), '0000000000', '(', 'không có ai như vậy'])
      assert.deepEqual(await find(first?.administratorId, typed), [], typed);
    const pupil = await world.call(world.city.people.pupil, 'GET', '/api/v1/signing/requests?q=hoc');
    assert.equal(pupil.status, 403);
    const all = await find(first?.administratorId, '   ');
    assert.ok(all.length > 1, 'no words ask for everything');
  });

  test('the signer rejects with a reason, who asked withdraws, and neither comes back', async () => {
    const teacher = new TestPhone(world, world.classTeacherOf(2));
    const administrator = world.city.schools[2]?.administratorId ?? '';
    const [one, other] = await teacher.inbox();
    const rejected = await teacher.call('POST', `requests/${one?.id}/reject`, { reason: 'Thiếu điểm Vật lí' });
    assert.deepEqual([rejected.json.state, rejected.json.reason], ['rejected', 'Thiếu điểm Vật lí']);
    const withdrawn = await world.call(administrator, 'POST', `/api/v1/signing/requests/${other?.id}/withdraw`);
    assert.equal(withdrawn.json.state, 'withdrawn');
    const again = await teacher.call('POST', `requests/${other?.id}/reject`, { reason: 'Thiếu điểm' });
    assert.equal(again.json.code, 'signing/not-now');
    assert.equal((await teacher.inbox()).length, 3);
    const empty = await teacher.call('POST', `requests/${(await teacher.inbox())[0]?.id}/reject`, { reason: '' });
    assert.equal(empty.status, 400);
  });
});
