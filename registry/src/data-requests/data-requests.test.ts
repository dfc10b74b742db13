import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClock } from '@edutrust/testing/clock';
import { openRegistry } from '../../testing/registry.ts';
import { endOfWorkingDayAfter } from './kinds.ts';

test('two working days end at midnight in Vietnam, weekends not counted', () => {
  const until = (at: string) => endOfWorkingDayAfter(new Date(at), 2).toISOString();
  assert.equal(until('2026-11-23T09:00:00+07:00'), '2026-11-25T17:00:00.000Z', 'Monday: the end of Wednesday');
  assert.equal(until('2026-11-26T23:59:00+07:00'), '2026-11-30T17:00:00.000Z', 'Thursday night: the end of Monday');
  assert.equal(until('2026-11-27T00:10:00+07:00'), '2026-12-01T17:00:00.000Z', 'Friday: the end of Tuesday');
  assert.equal(until('2026-11-28T12:00:00+07:00'), '2026-12-01T17:00:00.000Z', 'Saturday: the end of Tuesday');
});

test('a request runs by its clocks: acknowledged, extended once by as much, answered; who asked is told each time and nobody else withdraws it', async () => {
  const clock = new TestClock();
  await using world = await openRegistry({ clock });
  const { city, call, context } = world;
  const { teacher, schoolAdministrator, auditor, principal } = city.people;
  const asked = await call(teacher, 'POST', 'account/data-requests', {
    subjectId: teacher,
    kind: 'correct',
    wish: 'Ngày sinh sai',
  });
  assert.equal(asked.status, 201, JSON.stringify(asked.json));
  const { id } = asked.json;
  const read = async () => (await call(schoolAdministrator, 'GET', `data-requests/${id}`)).json;
  const { dueAt, receivedAt, state } = await read();
  assert.equal(state, 'received');
  const days = (Date.parse(dueAt) - Date.parse(receivedAt)) / 86_400_000;
  assert.ok(days > 10 && days <= 11, `${days}`);
  assert.equal((await call(principal, 'POST', `account/data-requests/${id}/withdraw`, {})).status, 404);
  assert.equal(
    (await call(auditor, 'POST', `data-requests/${id}/acknowledge`, {})).status,
    403,
    'who audits handles nothing',
  );
  assert.equal((await call(schoolAdministrator, 'POST', `data-requests/${id}/acknowledge`, {})).status, 204);
  const twice = await call(schoolAdministrator, 'POST', `data-requests/${id}/acknowledge`, {});
  assert.deepEqual([twice.status, twice.json.code], [409, 'data-requests/not-now']);
  const extend = (reason: string) => call(schoolAdministrator, 'POST', `data-requests/${id}/extend`, { reason });
  assert.equal((await extend('chờ giấy khai sinh')).status, 204);
  assert.equal(Date.parse((await read()).dueAt) - Date.parse(dueAt), 10 * 86_400_000, 'by the same time again');
  assert.deepEqual([(await extend('lần nữa')).json.code], ['data-requests/extended']);
  const answer = { state: 'done', answer: 'Đã sửa theo giấy khai sinh' };
  assert.equal((await call(schoolAdministrator, 'POST', `data-requests/${id}/answer`, answer)).status, 204);
  const late = await call(teacher, 'POST', `account/data-requests/${id}/withdraw`, {});
  assert.deepEqual([late.status, late.json.code], [409, 'data-requests/not-now'], 'too late');
  const { rows } = await context.pool.query<{ kind: string }>(
    "SELECT kind FROM registry.notice WHERE person_id = $1 AND kind LIKE 'data-request.%' ORDER BY id",
    [teacher],
  );
  assert.deepEqual(
    rows.map(({ kind }) => kind),
    ['data-request.acknowledged', 'data-request.extended', 'data-request.done'],
  );
  const { json } = await call(teacher, 'GET', 'account/data-requests');
  assert.equal(json.items[0].answer, answer.answer);
  const { rows: events } = await context.pool.query<{ data: object }>(
    "SELECT data FROM platform.ledger_entry WHERE type LIKE 'data-request.%'",
  );
  assert.doesNotMatch(JSON.stringify(events), /Ngày sinh sai|khai sinh/, 'L5: no words of anybody in the log');
});

test('a file on a breach has 72 hours from when it was found, and is closed only when everybody was told who has to be', async () => {
  await using world = await openRegistry();
  const { city, call } = world;
  const { securityOfficer, schoolAdministrator } = city.people;
  const opened = await call(securityOfficer, 'POST', 'data-breaches', {
    organisationId: city.departmentId,
    foundAt: '2026-11-20T08:00:00.000Z',
    what: 'lộ vị trí xe đưa đón',
    dataKinds: ['location'],
    measures: '',
  });
  assert.equal(opened.status, 201, JSON.stringify(opened.json));
  const { id } = opened.json;
  const [file] = (await call(securityOfficer, 'GET', 'data-breaches')).json.items;
  assert.deepEqual([file.reportBy, file.tellsPeople, file.peopleCount], ['2026-11-23T08:00:00.000Z', true, null]);
  assert.equal((await call(schoolAdministrator, 'GET', 'data-breaches')).status, 403);
  const change = (body: object) => call(securityOfficer, 'PATCH', `data-breaches/${id}`, body);
  assert.equal((await change({ isClosed: true })).json.code, 'data-breaches/not-yet');
  assert.equal((await change({ isReported: true, measures: 'đã tắt định vị' })).status, 200);
  assert.equal((await change({ isClosed: true })).json.code, 'data-breaches/not-yet', 'the people too');
  assert.equal((await change({ arePeopleTold: true, isClosed: true })).status, 200);
  assert.equal((await change({ what: 'viết lại' })).json.code, 'data-breaches/closed');
});
