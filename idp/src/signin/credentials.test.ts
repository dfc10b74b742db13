import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { formatEducationId } from '@edutrust/registry/education-id';
import { TestBrowser } from '@edutrust/testing/browser';
import { hash } from '@node-rs/argon2';
import { sql } from 'kysely';
import { password, type TestIdp, testIdp } from '../../testing/idp.ts';
import { createActivationCode, suspend } from '../accounts/accounts.ts';
import { attestPassword } from '../password/attestation.ts';
import { createPasswordHasher } from '../password/hashing.ts';

const actor = { kind: 'system', name: 'setup' } as const;
let world: TestIdp;
let educationId: string;
before(async () => {
  world = await testIdp();
  educationId = await world.activate(world.city.people.teacher);
});
after(() => world[Symbol.asyncDispose]());

const forget = () => sql`DELETE FROM idp.throttle`.execute(world.context.db);

test('A1: a pupil, a teacher and their passwords: length by who they are, nothing guessable, NFC, nothing cut', async () => {
  const tries = async (personId: string, chosen: string) =>
    world.activate(personId, chosen).then(
      () => 'kept',
      (error: Error) => (/"field":"password"/.test(error.message) ? 'refused' : error.message),
    );
  const { teacher, pupil } = world.city.people;
  assert.equal(await tries(teacher, 'mười bốn chữ'), 'refused');
  assert.equal(await tries(teacher, '123456789012345678'), 'refused');
  assert.equal(await tries(teacher, 'aaaaaaaaaaaaaaaaaaaa'), 'refused');
  assert.equal(await tries(teacher, 'mèo1mèo1mèo1mèo1mèo1'), 'refused');
  assert.equal(await tries(teacher, 'x'.repeat(257)), 'refused');
  assert.equal(await tries(pupil, 'mèo'), 'refused');
  assert.equal(await tries(pupil, 'matkhau123'), 'refused');
  assert.equal(await tries(pupil, 'Nguyệt 2009'), 'refused');
  const long = `${'một câu rất dài '.repeat(8)}hết`;
  assert.equal(await tries(teacher, long.normalize('NFD')), 'kept');
  const browser = new TestBrowser();
  assert.equal((await world.signIn(browser, educationId, long.normalize('NFC'))).page?.name, 'launcher');
  assert.notEqual((await world.signIn(new TestBrowser(), educationId, long.slice(0, -1))).page?.name, 'launcher');
  assert.equal(await tries(teacher, password), 'kept');
  await forget();
});

test('A2: an old hash is replaced at the next sign-in, and too many at once are told when to come back', async () => {
  const { db } = world.context;
  const weak = await hash(password.normalize('NFC'), { algorithm: 2, memoryCost: 8_192, timeCost: 1, parallelism: 1 });
  const { teacher } = world.city.people;
  const attestation = attestPassword(world.context.secrets, teacher, weak);
  await sql`UPDATE idp.account SET password_hash = ${weak}, password_attestation = ${attestation} WHERE person_id = ${teacher}`.execute(
    db,
  );
  assert.equal((await world.signIn(new TestBrowser(), educationId)).page?.name, 'launcher');
  const { rows } = await sql<{ password_hash: string }>`
    SELECT password_hash FROM idp.account WHERE person_id = ${world.city.people.teacher}`.execute(db);
  assert.match(rows[0]?.password_hash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);

  const hasher = createPasswordHasher();
  const all = await Promise.allSettled(Array.from({ length: 160 }, () => hasher.verify(null, 'x')));
  const busy = all.filter((one) => one.status === 'rejected');
  assert.ok(busy.length > 0 && busy.length < 160);
  for (const one of busy) {
    assert.equal(one.reason.code, 'passwords/busy');
    assert.ok(one.reason.retryAfterSeconds > 0);
  }
});

test('A3: unknown, never activated, suspended and mistyped are answered alike, after the same work', async () => {
  const { context, city } = world;
  const suspended = await world.activate(city.people.auditor);
  await context.db.transaction().execute((transaction) => suspend(transaction, context, city.people.auditor, actor));
  const names = {
    mistyped: educationId,
    suspended,
    unknown: '1000000009',
    nonsense: 'hoc sinh lop 5',
  };
  const answers: Record<string, { status: number; body: string; times: number[] }> = {};
  for (let round = 0; round < 15; round += 1) {
    for (const [kind, identifier] of Object.entries(names)) {
      await forget();
      const browser = new TestBrowser();
      const shown = await browser.get(`${world.origin}/signin?return_to=/`);
      const begin = process.cpuUsage();
      const answer = await browser.post(`${world.origin}${shown.page?.props.action}`, {
        identifier,
        password: 'không đúng chút nào cả',
      });
      const used = process.cpuUsage(begin); // of this process, its hashing threads too: no other load counts
      const took = (used.user + used.system) / 1_000;
      answers[kind] ??= { status: answer.status, body: JSON.stringify(answer.page?.props.error), times: [] };
      answers[kind].times.push(took);
    }
  }
  // The least of fifteen is the work alone: what else this process does only adds to the others.
  const least = (times: number[]) => Math.min(...times);
  const { mistyped } = answers;
  assert.ok(mistyped);
  assert.equal(mistyped.status, 400);
  for (const [kind, { status, body, times }] of Object.entries(answers)) {
    assert.equal(status, mistyped.status, kind);
    assert.equal(body, mistyped.body, kind);
    // one hash is half of what a try costs: leaving it out for somebody would show, whatever the machine does
    assert.ok(
      Math.abs(least(times) - least(mistyped.times)) < Math.max(10, least(mistyped.times) / 4),
      `${kind}: ${least(times)} ${least(mistyped.times)}`,
    );
  }
});

test('R1: spellings of one ID share a counter, parallel guesses are all counted, and a known device still gets in', async () => {
  await forget();
  const home = new TestBrowser();
  assert.equal((await world.signIn(home, educationId)).page?.name, 'launcher');
  await home.post(`${world.origin}/sign-out`, {});

  const spellings = [
    educationId,
    formatEducationId(educationId),
    ` ${educationId} `,
    educationId.replace(/(...)/, '$1.'),
  ];
  const guess = async (index: number) => {
    const spelling = spellings[index % spellings.length] ?? educationId;
    return (await world.signIn(new TestBrowser(), spelling, 'đoán bừa một câu')).status;
  };
  assert.equal(await guess(0), 400);
  // as after many tries: the next one that is judged is followed by a wait longer than any machine needs for this test
  await sql`UPDATE idp.throttle SET failures = 14`.execute(world.context.db);
  const statuses = await Promise.all(Array.from({ length: 24 }, (_, index) => guess(index)));
  const counts = (status: number) => statuses.filter((one) => one === status).length;
  assert.deepEqual([counts(400), counts(429)], [1, 23], 'one of 24 at once is judged');
  const { rows } = await sql`SELECT 1 FROM idp.throttle`.execute(world.context.db);
  assert.equal(rows.length, 2, 'one counter for every spelling here, and one for all places that know nobody');

  assert.equal((await world.signIn(new TestBrowser(), educationId)).status, 429, 'a stranger there waits');
  assert.equal((await world.signIn(home, educationId)).page?.name, 'launcher', 'at home it works during the attack');
  await forget();
  assert.equal((await world.signIn(new TestBrowser(), educationId)).page?.name, 'launcher', 'slow, never locked');
});

test('a suspended person with the right password reads that they are suspended and whom to ask; nobody else does', async () => {
  await forget();
  const { context, city } = world;
  const personId = city.people.movedPupil;
  const own = await world.activate(personId, 'ba con mèo nhỏ');
  await context.db.transaction().execute((transaction) => suspend(transaction, context, personId, actor));
  const told = await world.signIn(new TestBrowser(), own, 'ba con mèo nhỏ');
  assert.match(told.page?.props.error.detail, /tạm khoá/);
  assert.match(told.page?.props.error.remedy, /giáo viên chủ nhiệm.*Trường/);
  const stranger = await world.signIn(new TestBrowser(), own, 'đoán bừa một câu');
  assert.doesNotMatch(stranger.page?.props.error.detail, /khoá/);
});

test('A1: a word again and again is guessable, whatever number stands behind it', async () => {
  const { code } = { code: await world.code(world.city.people.guardian) };
  const browser = new TestBrowser();
  const confirm = await browser.post(`${world.origin}/activate`, { code });
  const { ticket } = confirm.page?.props ?? {};
  await browser.post(`${world.origin}/activate/confirm`, { ticket, answer: 'yes' });
  for (const bad of ['passwordpassword1', 'matkhaumatkhaumatkhau', 'mèocon mèocon 2026']) {
    const answer = await browser.post(`${world.origin}/activate/password`, { ticket, password: bad, repeat: bad });
    assert.equal(answer.page?.props.step, 'choose', bad);
    assert.match(answer.page?.props.error.detail, /dễ đoán/, bad);
  }
});

test('an activation code works once, a newer one replaces it, an expired one is refused, and nobody is told why', async () => {
  const { context, city } = world;
  const make = () =>
    context.db
      .transaction()
      .execute((transaction) => createActivationCode(transaction, context, city.people.pupil, actor));
  const first = await make();
  assert.match(first.code, /^[2-9A-HJKMNP-TV-Z]{4}(-[2-9A-HJKMNP-TV-Z]{4}){2}$/);
  const second = await make();
  const browser = new TestBrowser();
  const enter = async (code: string) => (await browser.post(`${world.origin}/activate`, { code })).page?.props;
  const refused = await enter(first.code);
  assert.equal(refused.step, 'code');
  assert.equal(refused.error.field, 'code');
  const good = await enter(` ${second.code.toLowerCase().replaceAll('-', ' ')} `);
  assert.equal(good.step, 'confirm');
  assert.doesNotMatch(good.maskedName, /^\S{3,} /, 'masked but for the given name');
  const kept = { ticket: good.ticket, password, repeat: password };
  const [one, two] = await Promise.all([
    browser.post(`${world.origin}/activate/password`, kept),
    new TestBrowser().post(`${world.origin}/activate/password`, kept),
  ]);
  const entered = [one, two].filter(({ page }) => page?.name === 'launcher');
  assert.equal(entered.length, 1, 'used once, also at once');
  assert.equal((await enter(second.code)).error.detail, refused.error.detail);
  const third = await make();
  await sql`UPDATE idp.activation SET expires_at = now() WHERE used_at IS NULL`.execute(context.db);
  assert.equal((await enter(third.code)).error.detail, refused.error.detail);
});
