import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { type BadgeClass, badgeClass, type Room } from '../../testing/badges.ts';
import { authorizationRequest, type TestIdp, testIdp } from '../../testing/idp.ts';
import { roomStatement } from './rooms.ts';

let world: TestIdp;
let school: BadgeClass;
before(async () => {
  world = await testIdp();
  school = await badgeClass(world);
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => sql`DELETE FROM idp.badge`.execute(world.context.db));

test('a child shows the badge, taps the PIN and is in: greeted by name, activated, in a session of a shared computer', async () => {
  const { pupil } = world.city.people;
  const { address, pin } = await school.sheets(pupil);
  assert.match(address, new RegExp(`^${world.origin}/b#[\\w-]{22}$`), 'the secret is in the fragment');
  assert.match(pin, /^\d{4}$/, 'grade 5: four digits');
  const browser = new TestBrowser();
  const { status, json, options } = await school.enter(browser, address, pin);
  assert.equal(status, 200, JSON.stringify(json));
  assert.equal(options.kind, 'digits');
  assert.ok(options.givenName);
  const shown = await browser.get(`${world.origin}${json.location}`);
  assert.equal(shown.page?.name, 'launcher');
  const { rows } = await sql<{ acr: string; idle: number; status: string }>`
    SELECT s.payload->>'acr' AS acr, s.idle_seconds AS idle, a.status FROM idp.session AS s
    JOIN idp.account AS a ON a.person_id = s.person_id WHERE s.person_id = ${pupil}`.execute(world.context.db);
  assert.deepEqual(rows, [{ acr: 'badge', idle: 900, status: 'active' }]);
  // No paper alone opens it, and neither secret is kept.
  const { rows: kept } = await sql`SELECT b::text || p::text AS text FROM idp.badge AS b, idp.pin AS p`.execute(
    world.context.db,
  );
  assert.ok(!JSON.stringify(kept).includes(address.split('#')[1] ?? ''));
});

test('a typed code does what the QR code does, and a code of nobody is refused', async () => {
  const { code, pin } = await school.sheets(world.city.people.pupil);
  const browser = new TestBrowser();
  const { status, json, action } = await school.show(browser, { code: ` ${code.toLowerCase()}` });
  assert.equal(status, 200, JSON.stringify(json));
  const done = await browser.json(`${action}/badge`, { ticket: json.options.ticket, pin });
  assert.equal(done.status, 200);
  assert.equal((await school.show(new TestBrowser(), { code: 'ABCD-2345' })).json.code, 'badges/unknown');
  assert.equal(
    (await school.show(new TestBrowser(), { scanned: 'https://example.org/b#x' })).json.code,
    'badges/unknown',
  );
});

test('a photo of the badge opens nothing at home, at another school, or with a key that nobody enrolled', async () => {
  const { address } = await school.sheets(world.city.people.pupil);
  const at = async (where: Room | null) =>
    (await school.show(new TestBrowser(), { scanned: address }, where)).json.code;
  assert.equal(await at(null), 'badges/elsewhere', 'at home');
  const elsewhere = await world.context.db.transaction().execute(async (transaction) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { enrolRoom } = await import('./rooms.ts');
    const { rows } = await sql<{ id: string }>`
      SELECT id FROM registry.organisation WHERE kind = 'school' AND id <> ${school.schoolId} LIMIT 1`.execute(
      transaction,
    );
    const jwk = publicKey.export({ format: 'jwk' }) as { kty: 'EC'; crv: 'P-256'; x: string; y: string };
    const organisationId = rows[0]?.id ?? '';
    const input = { organisationId, name: 'máy trường khác', publicKey: jwk, now: new Date() };
    return { id: await enrolRoom(transaction, input, { kind: 'system', name: 'setup' }), key: privateKey };
  });
  assert.equal(await at(elsewhere), 'badges/elsewhere', "another school's computer");
  const stolen = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  assert.equal(await at({ id: school.room.id, key: stolen }), 'badges/elsewhere', 'a key of their own');
  // The signature of another sign-in is none of this one.
  const browser = new TestBrowser();
  await browser.get(`${world.origin}/signin?return_to=/`);
  const page = await browser.get(`${world.origin}/signin?return_to=/`);
  const replayed = {
    id: school.room.id,
    signature: sign('sha256', roomStatement('another'), { key: school.room.key, dsaEncoding: 'ieee-p1363' }).toString(
      'base64url',
    ),
  };
  const answer = await browser.json(`${world.origin}${page.page?.props.action}/badge/options`, {
    scanned: address,
    room: replayed,
  });
  assert.equal(answer.json.code, 'badges/elsewhere');
});

test('R6: guesses at a PIN end, twenty at once are twenty, and only the teacher opens it again', async () => {
  const { pupil } = world.city.people;
  const { address, pin } = await school.sheets(pupil);
  const browser = new TestBrowser();
  const { json, action } = await school.show(browser, { scanned: address });
  const { ticket } = json.options;
  const guess = (tried: string) => browser.json(`${action}/badge`, { ticket, pin: tried });
  const wrong = pin === '4071' ? '4072' : '4071';
  const answers = await Promise.all(Array.from({ length: 20 }, () => guess(wrong)));
  const judged = answers.filter(({ json: { code } }) => code === 'badges/wrong-pin').length;
  assert.ok(judged <= 5, `${judged} of twenty at once were judged`);
  assert.equal((await guess(pin)).status, 429, 'even the right one waits');
  // Time heals a slip of the finger, and not a machine that goes on.
  const { db } = world.context;
  for (let tries = 0; tries < 12; tries += 1) {
    await sql`UPDATE idp.pin SET blocked_until = '-infinity' WHERE person_id = ${pupil}`.execute(db);
    await guess(wrong);
  }
  assert.equal((await guess(pin)).json.code, 'badges/pin-locked');
  const { rows } = await sql<{ type: string }>`
    SELECT type FROM platform.ledger_entry WHERE subject_id = ${pupil} AND type = 'pin.locked'`.execute(db);
  assert.equal(rows.length, 1, 'told once');
  const again = await school.sheets(pupil);
  assert.equal((await school.enter(new TestBrowser(), again.address, again.pin)).status, 200);
});

test('a ticket belongs to its sign-in, and a badge that was voided meanwhile opens nothing', async () => {
  const { pupil, schoolAdministrator } = world.city.people;
  const { address, pin, serial } = await school.sheets(pupil);
  const { json } = await school.show(new TestBrowser(), { scanned: address });
  const other = new TestBrowser();
  const page = await other.get(`${world.origin}/signin?return_to=/`);
  const theirs = await other.json(`${world.origin}${page.page?.props.action}/badge`, {
    ticket: json.options.ticket,
    pin,
  });
  assert.equal(theirs.json.code, 'badges/show-again', "another browser's ticket");

  const browser = new TestBrowser();
  const shown = await school.show(browser, { scanned: address });
  const administrator = await world.enter(schoolAdministrator);
  const found = await administrator.request(`${world.origin}/api/v1/badges/${serial}`, {
    headers: { accept: 'application/json', 'sec-fetch-site': 'same-origin' },
  });
  assert.equal((await found.json()).person.id, pupil);
  assert.equal((await school.call(administrator, `/badges/${serial}/void`, {})).status, 204);
  const done = await browser.json(`${shown.action}/badge`, { ticket: shown.json.options.ticket, pin });
  assert.equal(done.json.code, 'badges/unknown');
  assert.equal(
    (await school.call(administrator, `/badges/${serial}/void`, {})).status,
    403,
    'and is nobody’s any longer',
  );
});

test('a child with a suspended account reads so, and one who has left gets nothing', async () => {
  const { pupil } = world.city.people;
  const { address, pin } = await school.sheets(pupil);
  const { db } = world.context;
  assert.equal((await school.enter(new TestBrowser(), address, pin)).status, 200);
  await sql`UPDATE idp.account SET status = 'suspended' WHERE person_id = ${pupil}`.execute(db);
  assert.equal((await school.enter(new TestBrowser(), address, pin)).json.code, 'sign-in/suspended');
  await sql`UPDATE idp.account SET status = 'active' WHERE person_id = ${pupil}`.execute(db);
});

test('badges are for pupils: a teacher gives their own class badges, nobody else, and never one to themselves', async () => {
  const { pupil, twins, teacher: teacherId, principal } = world.city.people;
  const sheet = { personIds: [pupil] };
  const stranger = await world.enter(principal);
  assert.equal((await school.call(stranger, `/classes/${school.classId}/badges`, sheet)).status, 403);
  assert.equal((await school.call(school.teacher, `/people/${teacherId}/stand-in-badge`, {})).status, 403);
  assert.equal(
    (await school.call(school.teacher, `/classes/${school.classId}/badges`, { personIds: [teacherId] })).status,
    400,
  );
  const first = await school.call(school.teacher, `/classes/${school.classId}/badges`, sheet);
  assert.equal(first.json.made.length, 1);
  const second = await school.call(school.teacher, `/classes/${school.classId}/badges`, sheet);
  assert.deepEqual(second.json.skipped, [{ personId: pupil, reason: 'has-one' }]);
  assert.ok(twins);
});

test('a stand-in lives an hour beside the badge at home; a new badge ends the old one', async () => {
  const { pupil } = world.city.people;
  const { address, pin } = await school.sheets(pupil);
  const { json: standIn } = await school.call(school.teacher, `/people/${pupil}/stand-in-badge`, {});
  assert.equal((await school.enter(new TestBrowser(), standIn.address, pin)).status, 200);
  assert.equal((await school.enter(new TestBrowser(), address, pin)).status, 200, 'the badge at home still works');
  const { db } = world.context;
  await sql`UPDATE idp.badge SET expires_at = now() WHERE is_stand_in`.execute(db);
  assert.equal((await school.show(new TestBrowser(), { scanned: standIn.address })).json.code, 'badges/unknown');
  await school.sheets(pupil);
  assert.equal((await school.show(new TestBrowser(), { scanned: address })).json.code, 'badges/unknown');
});

test('an app that asks for more than a badge gets it, and a badge session changes nothing of how the child signs in', async () => {
  const { pupil } = world.city.people;
  const { address, pin } = await school.sheets(pupil);
  const browser = new TestBrowser({ stopAt: ['http://localhost:4001'] });
  const { json } = await school.enter(browser, address, pin);
  await browser.get(`${world.origin}${json.location}`);
  assert.equal((await school.call(browser, '/account/passkeys/options', {})).json.code, 'account/not-with-badge');
  const page = await browser.get(`${world.origin}/account/passkey`);
  assert.equal(page.page?.name, 'stepUp');
  const strict = authorizationRequest(world.origin, 'thu-vien-so', { acr_values: 'pwd' });
  const asked = await browser.get(strict.url);
  assert.equal(asked.page?.name, 'stepUp', 'a badge is less than a password');
  assert.equal(asked.page?.props.badgePath, undefined, 'and not offered for it');
});

test('the youngest remember pictures: three different ones of twelve, shown in another order each time', async () => {
  const { pupil } = world.city.people;
  const { db } = world.context;
  await sql`UPDATE registry.class SET grade = 1 WHERE id = ${school.classId}`.execute(db);
  try {
    const { address, pin } = await school.sheets(pupil);
    assert.equal(new Set(pin.split(' ')).size, 3);
    const orders = new Set<string>();
    for (let times = 0; times < 3; times += 1) {
      const { json } = await school.show(new TestBrowser(), { scanned: address });
      assert.equal(json.options.pictures.length, 12);
      orders.add(json.options.pictures.join());
    }
    assert.ok(orders.size > 1);
    assert.equal((await school.enter(new TestBrowser(), address, pin)).status, 200);
    const mixed = pin.split(' ').toReversed().join(' ');
    assert.equal(
      (await school.enter(new TestBrowser(), address, mixed)).json.code,
      'badges/wrong-pin',
      'the order counts',
    );
  } finally {
    await sql`UPDATE registry.class SET grade = 5 WHERE id = ${school.classId}`.execute(db);
  }
});
