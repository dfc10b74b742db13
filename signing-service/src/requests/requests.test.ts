import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { seedDemo } from '../demo/demo.ts';
import { type TestCity, TestPhone, testCity } from '../enrolment/test-city.ts';

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

  test('the demo gives every principal five transcripts to sign, once', async () => {
    assert.equal(await count(), 15);
    await seedDemo(world.context, world.city);
    assert.equal(await count(), 15);
    for (const { principalId } of world.city.schools) {
      assert.equal((await new TestPhone(world, principalId).inbox()).length, 5);
    }
  });

  test('a transcript says whose it is, in Vietnamese, and carries the code that leads to it', async () => {
    const phone = new TestPhone(world, world.city.people.principal);
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

  test('asking for a class twice, also at once, makes each transcript once and says who has no marks', async () => {
    const { schoolAdministrator } = world.city.people;
    const school = world.city.schools[0];
    const body = { classId: school?.classIds.at(-1) };
    const post = (given: object) => world.call(schoolAdministrator, 'POST', '/api/v1/signing/transcripts', given);
    const [one, other] = await Promise.all([post(body), post(body)]);
    const made = [...(one?.json.created ?? []), ...(other?.json.created ?? [])];
    const { rows } = await sql<{
      count: number;
    }>`SELECT count(*) FROM signing.grade WHERE class_id = ${body.classId}`.execute(world.context.db);
    assert.equal(made.length, (rows[0]?.count ?? 0) - 5);
    assert.equal(new Set(made.map(({ subject }) => subject.id)).size, made.length);
    const without = await post({ classId: school?.classIds[0] });
    assert.equal(without.json.created.length, 0);
    assert.ok(without.json.skipped.every(({ reason }: { reason: string }) => reason === 'no-marks'));
  });

  test('only their own organisation asks, and only for its own learners and signer', async () => {
    const [first, second] = world.city.schools;
    const classId = first?.classIds.at(-1);
    const path = '/api/v1/signing/transcripts';
    assert.equal((await world.call(second?.administratorId ?? '', 'POST', path, { classId })).status, 403);
    const { schoolAdministrator, teacher } = world.city.people;
    const stranger = await world.call(schoolAdministrator, 'POST', path, { classId, personIds: [teacher] });
    assert.equal(stranger.json.code, 'signing/not-in-class');
    const signer = await world.call(schoolAdministrator, 'POST', path, { classId, signerId: second?.principalId });
    assert.equal(signer.json.code, 'signing/no-signer');
    const list = await world.call(second?.administratorId ?? '', 'GET', '/api/v1/signing/requests?limit=200');
    assert.ok(list.json.items.length > 0);
    assert.ok(list.json.items.every((item: { organisation: { id: string } }) => item.organisation.id === second?.id));
  });

  test('the signer rejects with a reason, who asked withdraws, and neither comes back', async () => {
    const principal = new TestPhone(world, world.city.schools[2]?.principalId ?? '');
    const administrator = world.city.schools[2]?.administratorId ?? '';
    const [one, other] = await principal.inbox();
    const rejected = await principal.call('POST', `requests/${one?.id}/reject`, { reason: 'Thiếu điểm Vật lí' });
    assert.deepEqual([rejected.json.state, rejected.json.reason], ['rejected', 'Thiếu điểm Vật lí']);
    const withdrawn = await world.call(administrator, 'POST', `/api/v1/signing/requests/${other?.id}/withdraw`);
    assert.equal(withdrawn.json.state, 'withdrawn');
    const again = await principal.call('POST', `requests/${other?.id}/reject`, { reason: 'Thiếu điểm' });
    assert.equal(again.json.code, 'signing/not-now');
    assert.equal((await principal.inbox()).length, 3);
    const empty = await principal.call('POST', `requests/${(await principal.inbox())[0]?.id}/reject`, { reason: '' });
    assert.equal(empty.status, 400);
  });
});
