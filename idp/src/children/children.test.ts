import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';

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

// biome-ignore lint/suspicious/noExplicitAny: JSON as it came
async function childrenOf(browser: TestBrowser): Promise<any[]> {
  const response = await browser.request(`${world.origin}/api/v1/account/children`, {
    headers: { accept: 'application/json', 'sec-fetch-site': 'same-origin' },
  });
  return JSON.parse(await response.text()).items;
}

test('T3: a guardian sees their children and no other child, and takes back what a child agreed to for that child alone', async () => {
  const { db } = world.context;
  const { guardian, pupil, twins, teacher } = world.city.people;
  const browser = await signedIn(guardian);
  for (const personId of [pupil, twins[0]]) {
    await sql`INSERT INTO idp.consent (person_id, client_id, scopes, given_at)
      VALUES (${personId}, 'thu-vien-so', '{openid,profile,school}', now())`.execute(db);
  }
  const [child, ...others] = await childrenOf(browser);
  assert.deepEqual(others, []);
  assert.deepEqual([child.id, child.className, child.relation], [pupil, '5A', 'father']);
  assert.equal(child.apps[0].clientId, 'thu-vien-so');
  assert.ok(child.apps[0].data.some(({ value }: { value: string }) => value === child.fullName));

  const withdraw = async (who: TestBrowser, childId: string) =>
    (await who.post(`${world.origin}/account/children/${childId}/apps/thu-vien-so/withdraw`, {})).status;
  assert.equal(await withdraw(browser, twins[0]), 404, "another's child");
  assert.equal(await withdraw(await signedIn(teacher), pupil), 404, 'a teacher is no guardian');
  const held = async () =>
    (await sql<{ person_id: string }>`SELECT person_id FROM idp.consent WHERE client_id = 'thu-vien-so'`.execute(db))
      .rows;
  assert.deepEqual((await held()).map(({ person_id }) => person_id).toSorted(), [pupil, twins[0]].toSorted());

  await withdraw(browser, pupil);
  assert.deepEqual(await held(), [{ person_id: twins[0] }]);
  const { rows } = await sql<{ actor: { personId: string } }>`
    SELECT actor FROM platform.ledger_entry WHERE type = 'consent.withdrawn' ORDER BY id DESC LIMIT 1`.execute(db);
  assert.equal(rows[0]?.actor.personId, guardian, 'the log says that the guardian did it');
  assert.deepEqual(await childrenOf(await signedIn(teacher)), []);
});

test('T3: on the sixteenth birthday consents and account become the child’s own; the other guardian sees the same', async () => {
  const { db } = world.context;
  const { guardian, pupil } = world.city.people;
  const [other] = world.city.schools[0]?.teacherIds ?? [];
  assert.ok(other);
  const { rows } = await sql<{ birth_date: string }>`
    SELECT birth_date::text FROM registry.person WHERE id = ${pupil}`.execute(db);
  await sql`INSERT INTO registry.guardianship (guardian_id, child_id, relation, valid_from)
    VALUES (${other}, ${pupil}, 'mother', current_date)`.execute(db);
  await sql`INSERT INTO idp.consent (person_id, client_id, scopes, given_at)
    VALUES (${pupil}, 'thu-vien-so', '{openid,profile,school}', now()) ON CONFLICT DO NOTHING`.execute(db);
  const browsers = [await signedIn(guardian), await signedIn(other)];
  const born = (text: string) =>
    sql`UPDATE registry.person SET birth_date = (${world.clock.now()}::timestamptz AT TIME ZONE 'Asia/Ho_Chi_Minh' - ${text}::interval)::date
      WHERE id = ${pupil}`.execute(db);
  const withdraw = (browser: TestBrowser) =>
    browser.post(`${world.origin}/account/children/${pupil}/apps/thu-vien-so/withdraw`, {});
  for (const browser of browsers) {
    await born('16 years -1 days');
    const [before] = await childrenOf(browser);
    assert.deepEqual([before.decidesAlone, before.apps.length > 0], [false, true], 'a day before');
    await born('16 years');
    const [after] = await childrenOf(browser);
    assert.deepEqual([after.id, after.decidesAlone, after.apps, after.activity], [pupil, true, [], []]);
    assert.equal((await withdraw(browser)).status, 404);
  }
  await sql`DELETE FROM idp.consent WHERE person_id = ${pupil}`.execute(db);
  await sql`DELETE FROM registry.guardianship WHERE guardian_id = ${other}`.execute(db);
  await sql`UPDATE registry.person SET birth_date = ${rows[0]?.birth_date}::date WHERE id = ${pupil}`.execute(db);
});

test('T3: a guardianship that ended and a child who is of age show nothing any longer', async () => {
  const { db } = world.context;
  const { guardian, pupil } = world.city.people;
  const browser = await signedIn(guardian);
  const born = await sql<{ birth_date: string }>`
    SELECT birth_date::text FROM registry.person WHERE id = ${pupil}`.execute(db);
  await sql`UPDATE registry.person SET birth_date = now() - interval '18 years 1 day' WHERE id = ${pupil}`.execute(db);
  assert.deepEqual(await childrenOf(browser), [], 'of age');
  await sql`UPDATE registry.person SET birth_date = ${born.rows[0]?.birth_date}::date WHERE id = ${pupil}`.execute(db);
  assert.equal((await childrenOf(browser)).length, 1);
  await sql`UPDATE registry.guardianship SET valid_until = now() WHERE guardian_id = ${guardian}`.execute(db);
  assert.deepEqual(await childrenOf(browser), [], 'ended');
});

test('a court’s limit holds at once and ends by its day', async () => {
  const { db } = world.context;
  const { guardian, pupil } = world.city.people;
  await sql`UPDATE registry.guardianship SET valid_until = NULL WHERE guardian_id = ${guardian} AND child_id = ${pupil}`.execute(
    db,
  );
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM registry.guardianship WHERE guardian_id = ${guardian} AND child_id = ${pupil} AND valid_until IS NULL`.execute(
    db,
  );
  const id = rows[0]?.id ?? '';
  const browser = await signedIn(guardian);
  const [before] = await childrenOf(browser);
  assert.deepEqual([before.id, before.isLimited, before.decidesAlone], [pupil, false, false]);
  const limit = (scope: string, until: string | null) =>
    sql`UPDATE registry.guardianship SET scope = ${scope}, scope_until = ${until}::date WHERE id = ${id}`.execute(db);
  await limit('documents', null);
  const [documentsOnly] = await childrenOf(browser);
  assert.deepEqual([documentsOnly.isLimited, documentsOnly.apps, documentsOnly.activity], [true, [], []]);
  const withdrawn = await browser.post(`${world.origin}/account/children/${pupil}/apps/thu-vien-so/withdraw`, {});
  assert.equal(withdrawn.status, 404, 'decides nothing');
  assert.equal((await browser.get(`${world.origin}/account/children/${pupil}/looks`)).status, 404);
  await limit('none', null);
  assert.deepEqual(await childrenOf(browser), []);
  await limit('none', '2020-01-01');
  assert.equal((await childrenOf(browser)).length, 1, 'over by its day');
  await limit('full', null);
  const [after] = await childrenOf(browser);
  assert.equal(after.isLimited, false);
});
