import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';

let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world?.[Symbol.asyncDispose]());

const own = '/api/v1/account/data';
const of = (childId: string) => `/api/v1/account/children/${childId}/data`;

/** A file of the ZIP, by its local header (APPNOTE 4.3.7). */
function fileOf(zip: Buffer, name: string): string {
  const at = zip.indexOf(name);
  const from = at + Buffer.byteLength(name);
  return inflateRawSync(zip.subarray(from, from + zip.readUInt32LE(at - 12))).toString('utf8');
}

async function ask(browser: TestBrowser, path: string) {
  const headers = { accept: 'application/json', 'sec-fetch-site': 'same-origin', 'accept-language': 'vi' };
  const response = await browser.request(`${world.origin}${path}`, { headers });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) {
    const { code, acr } = JSON.parse(bytes.toString());
    return { status: response.status, code, acr };
  }
  return { status: 200, json: JSON.parse(fileOf(bytes, 'du-lieu.json')), page: fileOf(bytes, 'du-lieu.html') };
}

const statusOf = async (browser: TestBrowser, path: string) => (await ask(browser, path)).status;

async function entriesOf<Value>(work: () => Promise<Value>) {
  const { db } = world.context;
  await sql`TRUNCATE registry.access`.execute(db);
  const value = await work();
  const { rows } = await sql<{ operation: string; reader_id: string; people: string[] }>`
    SELECT operation, reader_id, people FROM registry.access ORDER BY id`.execute(db);
  return { value, entries: rows };
}

/** Has the child be so old for a while; with a day more or less. */
async function born(childId: string, ago: string): Promise<void> {
  await sql`UPDATE registry.person SET birth_date = (${world.clock.now()}::timestamptz AT TIME ZONE 'Asia/Ho_Chi_Minh' - ${ago}::interval)::date
    WHERE id = ${childId}`.execute(world.context.db);
}

test('N4: an adult gets all that is kept of them and of nobody else, by a fresh proof; it is an event and no look', async () => {
  const { db } = world.context;
  const { guardian, pupil } = world.city.people;
  await sql`UPDATE registry.person SET details = '{"note": "<b>&"}' WHERE id = ${guardian}`.execute(db);
  const browser = await world.enter(guardian);
  const { value: copy, entries } = await entriesOf(() => ask(browser, own));
  assert.equal(copy.status, 200);
  assert.deepEqual(entries, [], 'what is one’s own leaves nothing');
  const { rows } = await sql<{ id: string; name: string; number: string }>`
    SELECT id, full_name AS name, education_id AS number FROM registry.person WHERE id IN (${guardian}, ${pupil})`.execute(
    db,
  );
  const [me, child] = [guardian, pupil].map((id) => rows.find((row) => row.id === id));
  const { parts, ...head } = copy.json;
  assert.deepEqual([head.version, head.personId, head.madeFor], [1, guardian, 'person']);
  assert.deepEqual([parts.record[0].fullName, parts.record[0].educationId], [me?.name, me?.number]);
  assert.deepEqual(
    [parts.guardianships[0].as, parts.passkeys.length, parts.sessions.length],
    ['guardian', 1, 1],
    JSON.stringify(parts),
  );
  for (const text of [JSON.stringify(copy.json), copy.page ?? ''])
    assert.ok(!text.includes(child?.name ?? '') && !text.includes(child?.number ?? '') && !text.includes(pupil));
  assert.ok(copy.page?.includes('&lt;b&gt;&amp;') && !copy.page.includes('<b>'), 'text is text');
  assert.doesNotMatch(copy.page ?? '', /<script|https?:/);
  assert.ok(
    (await ask(browser, own)).json.parts.activity.some(({ event }: { event: string }) => /Bản sao/.test(event)),
  );

  world.clock.moveSeconds(901);
  assert.deepEqual(await ask(browser, own), { status: 401, code: 'session/step-up-required', acr: undefined });
  assert.deepEqual(await ask(new TestBrowser(), own).then(({ status }) => status), 401);
});

test('N4: who has a passkey is asked for it: a password alone gets no copy', async () => {
  const { teacher } = world.city.people;
  await world.enter(teacher);
  const browser = new TestBrowser();
  await world.signIn(browser, await world.activate(teacher));
  const { status, acr } = await ask(browser, own);
  assert.deepEqual([status, acr], [401, 'passkey']);
});

test('N4: each guardian gets a child’s copy with an entry; a stranger, a sibling and a guardianship that ended get none', async () => {
  const { db } = world.context;
  const { guardian, pupil, twins, teacher } = world.city.people;
  const [mother] = world.city.schools[0]?.teacherIds ?? [];
  assert.ok(mother);
  for (const childId of [pupil, ...twins]) await born(childId, '9 years');
  await sql`INSERT INTO registry.guardianship (guardian_id, child_id, relation, valid_from)
    VALUES (${mother}, ${pupil}, 'mother', current_date) ON CONFLICT DO NOTHING`.execute(db);
  const browser = await world.enter(guardian);
  for (const [who, page] of [
    [guardian, browser],
    [mother, await world.enter(mother)],
  ] as const) {
    const { value: copy, entries } = await entriesOf(() => ask(page, of(pupil)));
    assert.deepEqual([copy.status, copy.json.personId, copy.json.madeFor], [200, pupil, 'guardian']);
    assert.deepEqual(entries, [{ operation: 'children.copy', reader_id: who, people: [pupil] }]);
    assert.equal(await statusOf(page, of(twins[0])), 404, 'of another family');
  }
  const { rows: names } = await sql<{ name: string }>`
    SELECT full_name AS name FROM registry.person WHERE id = ${mother}`.execute(db);
  const { json } = await ask(browser, of(pupil));
  assert.ok(!JSON.stringify(json.parts.guardianships).includes(names[0]?.name ?? ''), 'nor of the other guardian');
  const sibling = await world.enter(twins[0]);
  assert.deepEqual([await statusOf(sibling, of(twins[1])), await statusOf(sibling, own)], [404, 403]);
  if (teacher !== mother) assert.equal(await statusOf(await world.enter(teacher), of(pupil)), 404, 'a teacher');

  await born(pupil, '16 years -1 days');
  const child = await world.enter(pupil);
  assert.deepEqual([await statusOf(browser, of(pupil)), await statusOf(child, own)], [200, 403], 'a day before');
  await born(pupil, '16 years');
  assert.deepEqual(
    [await statusOf(browser, of(pupil)), await statusOf(child, own)],
    [404, 200],
    'theirs from that day',
  );
  await born(pupil, '9 years');
  await sql`UPDATE registry.guardianship SET valid_until = now() WHERE guardian_id = ${guardian}`.execute(db);
  assert.equal(await statusOf(browser, of(pupil)), 404, 'ended');
});
