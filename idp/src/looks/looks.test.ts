import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dateInVietnam } from '@edutrust/platform/calendar';
import type { Clock } from '@edutrust/platform/clock';
import { accessBook, listLooks } from '@edutrust/registry/accesses';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';
import type { LooksProps } from './props.ts';

let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

async function signedIn(personId: string): Promise<TestBrowser> {
  const browser = new TestBrowser();
  await world.signIn(browser, await world.activate(personId));
  return browser;
}

async function looks(browser: TestBrowser, path: string): Promise<{ status: number; props: LooksProps }> {
  const response = await browser.request(`${world.origin}${path}`, { headers: { 'accept-language': 'vi' } });
  const [, json = '{}'] = /<script type="application\/json">(.*)<\/script>/.exec(await response.text()) ?? [];
  return { status: response.status, props: JSON.parse(json).props };
}

/** As the HTTP base keeps what an answer told. */
const look = (
  personId: string,
  role: string,
  people: readonly string[],
  operation = 'people.open',
  clock: Clock = world.clock,
) =>
  accessBook({ ...world.context, clock }).keep({
    actor: {
      kind: 'person',
      personId,
      sessionId: '',
      roles: [{ role, organisationId: world.city.schools[0]?.id ?? '' }],
      acr: 'passkey',
      authenticatedAt: new Date(),
    },
    operation,
    action: 'people.read',
    people,
  });

const linesOf = ({ days }: LooksProps) => days.flatMap(({ items }) => items);

test('N7: a family reads who looked at their child, by duty and school, in one list with apps; nobody else reads it', async () => {
  const { db } = world.context;
  const { guardian, pupil, twins, teacher, schoolAdministrator } = world.city.people;
  await sql`INSERT INTO idp.consent (person_id, client_id, scopes, given_at)
    VALUES (${pupil}, 'thu-vien-so', '{openid,profile}', ${world.clock.now()})`.execute(db);
  for (const _ of [1, 2, 3]) await look(teacher, 'teacher', [pupil, ...twins]);
  await look(schoolAdministrator, 'school-administrator', [pupil], 'people.list');
  const browser = await signedIn(guardian);
  const { props } = await looks(browser, `/account/children/${pupil}/looks`);
  const lines = linesOf(props);
  const byTeacher = lines.find(({ who }) => who.startsWith('Giáo viên chủ nhiệm lớp 5A'));
  assert.deepEqual([byTeacher?.what, byTeacher?.times], ['đã mở hồ sơ', 3], JSON.stringify(lines));
  assert.ok(lines.some(({ who, what }) => /^Quản trị trường · Trường/.test(who) && /danh sách/.test(what ?? '')));
  assert.ok(lines.some(({ kind, fields }) => kind === 'apps' && (fields?.length ?? 0) > 0));
  const { rows } = await sql<{ name: string }>`
    SELECT full_name AS name FROM registry.person WHERE id = ${schoolAdministrator}`.execute(db);
  assert.ok(!JSON.stringify(props).includes(rows[0]?.name ?? 'no name'), 'only the class teacher is named (ADR 0188)');
  const apps = await looks(browser, `/account/children/${pupil}/looks?who=apps`);
  assert.deepEqual([...new Set(linesOf(apps.props).map(({ kind }) => kind))], ['apps']);

  assert.equal((await looks(browser, `/account/children/${twins[0]}/looks`)).status, 404, 'another’s child');
  const strange = await signedIn(teacher);
  assert.equal((await looks(strange, `/account/children/${pupil}/looks`)).status, 404, 'the class teacher');
  const before = await sql<{ day: string }>`
    SELECT birth_date::text AS day FROM registry.person WHERE id = ${pupil}`.execute(db);
  const born = (day: string) =>
    sql`UPDATE registry.person SET birth_date = ${day}::date WHERE id = ${pupil}`.execute(db);
  await born('2008-01-01');
  assert.equal((await looks(browser, `/account/children/${pupil}/looks`)).status, 404, 'from 16 it is their own');
  await born(before.rows[0]?.day ?? '');

  await look(guardian, 'teacher', [teacher]);
  const own = await looks(strange, '/account/looks');
  assert.deepEqual([own.status, linesOf(own.props).length > 0], [200, true]);
  const [first] = await sql<{ people: string[] }>`
    SELECT people FROM registry.access WHERE operation = 'children.open' ORDER BY id DESC LIMIT 1`
    .execute(db)
    .then((found) => found.rows);
  assert.deepEqual(first?.people, [pupil], 'that the guardian looked is itself in the book');
});

test('N7: half an hour after midnight in Vietnam, the day before in UTC, who teaches the class since today is its class teacher', async () => {
  const { db } = world.context;
  const { pupil, teacher } = world.city.people;
  const today = dateInVietnam(world.clock.now());
  await sql`UPDATE registry.enrolment SET valid_from = ${today} WHERE person_id = ${pupil}`.execute(db);
  const afterMidnight = { now: () => new Date(`${today}T00:30:00+07:00`) };
  await look(teacher, 'teacher', [pupil], 'people.open', afterMidnight);
  const [latest] = await listLooks(db, pupil, { limit: 1 });
  assert.deepEqual(latest?.at, afterMidnight.now());
  assert.match(latest?.who.vi ?? '', /^Giáo viên chủ nhiệm lớp 5A/);
});

test('N7: an entry that somebody with SQL alters is marked where the family reads it; one that is written past the log too', async () => {
  const { db } = world.context;
  const { guardian, pupil, schoolAdministrator, principal } = world.city.people;
  await look(schoolAdministrator, 'school-administrator', [pupil], 'marks.open');
  const browser = await signedIn(guardian);
  const altered = async () => {
    const { props } = await looks(browser, `/account/children/${pupil}/looks`);
    return linesOf(props).filter(({ isAltered }) => isAltered).length;
  };
  assert.equal(await altered(), 0);
  await sql`UPDATE registry.access SET reader_id = ${principal} WHERE operation = 'marks.open'`.execute(db);
  assert.equal(await altered(), 1);
  await sql`UPDATE registry.access SET reader_id = ${schoolAdministrator} WHERE operation = 'marks.open'`.execute(db);
  assert.equal(await altered(), 0, 'as it was');
  await sql`INSERT INTO registry.access SELECT gen_random_uuid(), at, 'marks.import', reader_kind, ${principal}, role, organisation_id, people, salt
    FROM registry.access WHERE operation = 'marks.open'`.execute(db);
  assert.equal(await altered(), 1);
  await sql`DELETE FROM registry.access WHERE operation = 'marks.import'`.execute(db);
});
