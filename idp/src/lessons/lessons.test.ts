import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { type BadgeClass, badgeClass, proofOfRoom } from '../../testing/badges.ts';
import {
  appOrigins,
  authorizationRequest,
  codeFor,
  password,
  redeem,
  redemption,
  type TestIdp,
  testIdp,
} from '../../testing/idp.ts';
import { changeApp } from '../apps/apps.ts';
import { bellTask } from './lessons.ts';

const setup = { kind: 'system', name: 'setup' } as const;
let world: TestIdp;
let school: BadgeClass;
/** An app, and what it was sent to its back channel. */
let app: Server;
const heard: string[] = [];
/** Two pupils of the class. */
let an: string;
let binh: string;
before(async () => {
  world = await testIdp();
  school = await badgeClass(world);
  an = world.city.people.pupil;
  const { rows } = await sql<{ id: string }>`
    SELECT person_id AS id FROM registry.enrolment WHERE class_id = ${school.classId} AND valid_until IS NULL
      AND person_id <> ${an} ORDER BY id LIMIT 1`.execute(world.context.db);
  binh = rows[0]?.id ?? '';
  app = createServer((request, response) => {
    request.on('data', (chunk) => heard.push(String(chunk))).on('end', () => response.end());
  }).listen(0, 'localhost');
  await once(app, 'listening');
  const address = app.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await world.context.db.transaction().execute(async (transaction) => {
    await changeApp(transaction, 'thu-vien-so', { isApproved: true }, setup);
    await changeApp(transaction, 'lop-hoc', { backchannelLogoutUri: `http://localhost:${port}/out` }, setup);
  });
});
after(async () => {
  app.close();
  await world[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const { db } = world.context;
  await sql`DELETE FROM idp.badge`.execute(db);
  await sql`DELETE FROM idp.lesson`.execute(db);
  await sql`DELETE FROM idp.session WHERE person_id = ANY(${[an, binh]}::uuid[])`.execute(db);
});

const lesson = (browser: TestBrowser, method: string, body?: object, classId = school.classId) =>
  browser
    .request(`${world.origin}/api/v1/classes/${classId}/lesson`, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
      headers: {
        accept: 'application/json',
        'sec-fetch-site': 'same-origin',
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
    })
    .then(async (response) => ({
      status: response.status,
      json: response.status === 204 ? {} : await response.json(),
    }));

const isIn = async (browser: TestBrowser) => (await browser.get(`${world.origin}/`)).page?.name === 'launcher';

/** Sits down at a computer with the badge; the browser stops at apps. */
async function sit(personId: string, { at = school.room, browser = new TestBrowser({ stopAt: appOrigins }) } = {}) {
  const { address, pin } = await school.sheets(personId);
  const { status, json } = await school.enter(browser, address, pin, at);
  assert.equal(status, 200, JSON.stringify(json));
  await browser.get(`${world.origin}${json.location}`);
  return browser;
}

const endsOf = async (personId: string) => {
  const { rows } = await sql<{ reason: string }>`
    SELECT data->>'reason' AS reason FROM platform.ledger_entry
    WHERE subject_id = ${personId} AND type = 'session.ended' ORDER BY id DESC LIMIT 1`.execute(world.context.db);
  return rows[0]?.reason;
};

test('lab mode: the bell ends every session of the lesson, whatever asks, and a tap afterwards is a session of its own', async () => {
  const early = await sit(an); // held the badge up before the teacher began
  assert.equal((await lesson(school.teacher, 'POST', { kind: 'lab', minutes: 45 })).status, 201);
  const late = await sit(binh, { at: await school.enrol('máy 8') });
  assert.equal((await lesson(school.teacher, 'GET')).json.lesson.present, 2);
  const shown = (await early.get(`${world.origin}/`)).page?.props;
  assert.equal(shown?.lesson.kind, 'lab');
  assert.equal(shown?.signOutAction, '/lab/next');
  const tokens = (await redeem(world.origin, 'lop-hoc', redemption(await codeFor(late, world.origin, 'lop-hoc')))).json;

  // The bell: nobody had to ring it for the session to be over, in a second tab as well.
  await sql`UPDATE idp.lesson SET ends_at = now() - interval '1 second'`.execute(world.context.db);
  await sql`UPDATE idp.session SET ends_at = now() - interval '1 second' WHERE lesson_id IS NOT NULL`.execute(
    world.context.db,
  );
  for (const browser of [early, late]) assert.equal(await isIn(browser), false);
  assert.equal((await late.get(authorizationRequest(world.origin, 'lop-hoc').url)).page?.name, 'signIn');

  // Then the job tells the apps.
  const { rows } = await sql<{ payload: { lessonId: string } }>`
    SELECT payload FROM graphile_worker._private_jobs AS j JOIN graphile_worker._private_tasks AS t ON t.id = j.task_id
    WHERE t.identifier = ${bellTask}`.execute(world.context.db);
  for (const { payload } of rows) await world.idp.tasks?.[bellTask]?.(payload);
  assert.equal(await endsOf(binh), 'lesson-over');
  const userinfo = await fetch(`${world.origin}/oidc/userinfo`, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  });
  assert.equal(userinfo.status, 401);
  for (const { payload } of rows) await world.idp.tasks?.[bellTask]?.(payload); // twice is once

  const again = await sit(an);
  assert.equal((await again.get(`${world.origin}/`)).page?.props.lesson, null);
  assert.ok(await isIn(again), 'after the bell a badge opens a session without one');
});

test('lab mode: the next badge at a computer ends the last child’s session there, and the app’s logout is on its way with it', async () => {
  const first = await sit(an);
  await codeFor(first, world.origin, 'lop-hoc');
  const elsewhere = await sit(binh, { at: await school.enrol('máy 9') });
  assert.ok(await isIn(first), 'another computer ends nobody');
  const next = await sit(binh); // a browser that was closed and opened again: no cookie of the first
  assert.equal(await isIn(first), false);
  assert.ok(await isIn(next));
  assert.ok(await isIn(elsewhere), 'in a lab a child may sit at two');
  assert.equal(await endsOf(an), 'next-badge');
  const { rows } = await sql<{ payload: Record<string, string> }>`
    SELECT payload FROM graphile_worker._private_jobs WHERE payload->>'personId' = ${an}`.execute(world.context.db);
  assert.equal(rows.length, 1, 'one app was entered');
  for (const { payload } of rows) await world.idp.outsideTasks?.['idp.backchannel-logout']?.(payload);
  assert.match(heard.join(''), /^logout_token=/);
});

test('exam mode: what was open ends, only the named apps open, in every tab, and nowhere but at the school', async () => {
  const educationId = await world.activate(an);
  const home = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(home, educationId);
  assert.ok(await isIn(home));
  const unnamed = await lesson(school.teacher, 'POST', { kind: 'exam', minutes: 90 });
  assert.equal(unnamed.json.code, 'lessons/unknown-app');
  assert.equal(
    (await lesson(school.teacher, 'POST', { kind: 'exam', minutes: 90, apps: ['lop-hoc', 'khong-co'] })).json.code,
    'lessons/unknown-app',
  );
  assert.equal((await lesson(school.teacher, 'POST', { kind: 'exam', minutes: 90, apps: ['lop-hoc'] })).status, 201);
  assert.equal((await lesson(school.teacher, 'POST', { kind: 'lab', minutes: 45 })).json.code, 'lessons/on');
  assert.equal(await isIn(home), false, 'at home it is over');
  const refused = await world.signIn(new TestBrowser(), educationId);
  assert.match(refused.body, /thi/);
  assert.equal(refused.page?.name, 'signIn', 'and does not begin again');

  const seat = await sit(an);
  const { apps } = (await seat.get(`${world.origin}/`)).page?.props ?? {};
  assert.deepEqual(
    apps.map(({ clientId }: { clientId: string }) => clientId),
    ['lop-hoc'],
  );
  await codeFor(seat, world.origin, 'lop-hoc');
  const closed = await seat.get(authorizationRequest(world.origin, 'thu-vien-so').url);
  assert.equal(closed.page?.props.problem.code, 'lessons/exam-app');
  // Not by confirming who one is either: the way round through a step-up.
  const stepUp = await seat.get(authorizationRequest(world.origin, 'thu-vien-so', { max_age: '0' }).url);
  const uid = new URL(stepUp.url).pathname.split('/').at(-1) ?? '';
  const posted = await seat.post(`${world.origin}/signin/${uid}`, { password });
  assert.ok(!posted.url.startsWith('http://localhost:4001'), posted.url);
  // Nor silently.
  const silent = await seat.get(authorizationRequest(world.origin, 'thu-vien-so', { prompt: 'none' }).url);
  assert.equal(new URL(silent.url).searchParams.get('error'), 'access_denied');

  assert.equal((await lesson(school.teacher, 'DELETE')).status, 204);
  assert.equal(await isIn(seat), false);
  assert.equal((await world.signIn(new TestBrowser(), educationId)).page?.name, 'launcher', 'everywhere again');
});

test('exam mode: a pupil sits at one computer; of two badges at once one session lives', async () => {
  assert.equal((await lesson(school.teacher, 'POST', { kind: 'exam', minutes: 90, apps: ['lop-hoc'] })).status, 201);
  const { address, pin } = await school.sheets(an);
  const second = await school.enrol('máy 10');
  const browsers = [new TestBrowser(), new TestBrowser()];
  const answers = await Promise.all(
    browsers.map((browser, index) => school.enter(browser, address, pin, index ? second : school.room)),
  );
  const shown = [];
  for (const [index, { status, json }] of answers.entries()) {
    assert.equal(status, 200, JSON.stringify(json));
    await browsers[index]?.get(`${world.origin}${json.location}`);
  }
  for (const browser of browsers) shown.push(await isIn(browser));
  assert.equal(shown.filter(Boolean).length, 1, 'one of two');
  const moved = await sit(an, { at: await school.enrol('máy 11') }); // the computer broke
  assert.ok(await isIn(moved));
  for (const browser of browsers) assert.equal(await isIn(browser), false);
  await lesson(school.teacher, 'DELETE');
});

test('T1: a lesson is the class teacher’s and the school’s: another class’s teacher, another school and a pupil begin, see and end none', async () => {
  const { principal } = world.city.people;
  const { rows } = await sql<{ id: string; teacher: string }>`
    SELECT id, homeroom_teacher_id AS teacher FROM registry.class
    WHERE organisation_id = ${school.schoolId} AND id <> ${school.classId} LIMIT 1`.execute(world.context.db);
  const colleague = await world.enter(rows[0]?.teacher ?? '');
  const pupil = await sit(binh);
  for (const browser of [colleague, await world.enter(principal), pupil]) {
    for (const [method, body] of [
      ['GET', undefined],
      ['POST', { kind: 'exam', minutes: 90, apps: ['lop-hoc'] }],
      ['DELETE', undefined],
    ] as const)
      assert.equal((await lesson(browser, method, body)).status, 403, method);
  }
  assert.equal((await lesson(colleague, 'POST', { kind: 'lab', minutes: 45 }, rows[0]?.id)).status, 201, 'their own');
  assert.ok(await isIn(pupil), 'and ends nobody of this class');
  assert.equal((await lesson(school.administrator, 'GET')).status, 200);
});

test('a lesson that ends while a badge is being judged begins no session of it', async () => {
  assert.equal((await lesson(school.teacher, 'POST', { kind: 'lab', minutes: 45 })).status, 201);
  const { address, pin } = await school.sheets(an);
  const browser = new TestBrowser();
  const { json } = await school.enter(browser, address, pin);
  assert.equal((await lesson(school.teacher, 'DELETE')).status, 204);
  await browser.get(`${world.origin}${json.location}`);
  assert.equal(await isIn(browser), false);
});

test('the page of a lab’s computer is the camera: straight to the badge, with the other ways behind it', async () => {
  const browser = new TestBrowser();
  const camera = await browser.get(`${world.origin}/lab`);
  assert.equal(camera.page?.name, 'badge');
  const other = await browser.get(`${world.origin}${camera.page?.props.backPath}`);
  assert.equal(other.page?.name, 'signIn');
  const { address, pin } = await school.sheets(an);
  const { uid, lookPath, verifyPath } = (await browser.get(`${world.origin}/lab`)).page?.props.badge ?? {};
  const shown = await browser.json(`${world.origin}${lookPath}`, {
    scanned: address,
    room: proofOfRoom(school.room, uid),
  });
  const done = await browser.json(`${world.origin}${verifyPath}`, { ticket: shown.json.options.ticket, pin });
  await browser.get(`${world.origin}${done.json.location}`);
  assert.ok(await isIn(browser));
  assert.equal((await browser.get(`${world.origin}/lab`)).page?.name, 'launcher');
  assert.equal((await browser.post(`${world.origin}/lab/next`, {})).page?.name, 'badge');
  assert.equal(await isIn(browser), false);
});
