import assert from 'node:assert/strict';
import { createHash, pbkdf2Sync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { hash as argon2 } from '@node-rs/argon2';
import { sql } from 'kysely';
import { password, type TestIdp, testIdp } from '../../../testing/idp.ts';
import { importEarlierPasswords } from './command.ts';
import { type EarlierHash, readEarlierHash } from './schemes.ts';

const setup = { kind: 'system', name: 'setup' } as const;
const day = 86_400_000;
let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

const read = (text: string): EarlierHash => {
  const hash = readEarlierHash(text);
  assert.ok(typeof hash !== 'string', `${text}: ${hash}`);
  return hash;
};
const ssha = (text: string, salt = Buffer.from('muối')) =>
  `{SSHA}${Buffer.concat([createHash('sha1').update(text).update(salt).digest(), salt]).toString('base64')}`;

async function* linesOf(...lines: string[]): AsyncGenerator<string> {
  yield* lines;
}

const take = (lines: string[], how: { isApplied?: boolean; weakUntil?: Date } = {}) =>
  importEarlierPasswords(world.context, linesOf(...lines), {
    weakUntil: new Date(world.clock.now().getTime() + 90 * day),
    isApplied: true,
    actor: setup,
    ...how,
  });

async function educationIdOf(personId: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    SELECT education_id AS id FROM registry.person WHERE id = ${personId}`.execute(world.context.db);
  return rows[0]?.id ?? '';
}

async function keptOf(personId: string) {
  const { rows } = await sql<{ password_hash: string; password_ends_at: Date | null }>`
    SELECT password_hash, password_ends_at FROM idp.account WHERE person_id = ${personId}`.execute(world.context.db);
  return rows[0];
}

test('bcrypt is the one of libxcrypt: also of long and empty passwords, and nobody else’s password matches', async () => {
  // perl -e 'print crypt($ARGV[0], $ARGV[1])', libxcrypt 4.4
  const vectors: [string, string][] = [
    ['bốn con mèo nằm ngủ', '$2b$06$abcdefghijklmnopqrstuu1FLRm.iyc2RHpVcIC9z7AO0qWA5.o9e'],
    ['', '$2b$06$abcdefghijklmnopqrstuuDqVCX9YSxXQXEJE1On1Ptib/W28qLxG'],
    ['a'.repeat(80), '$2b$06$abcdefghijklmnopqrstuuIBuNj.FHUDJuljpq724SoPkEleOzHW2'],
    ['bốn con mèo nằm ngủ', '$2y$05$CCCCCCCCCCCCCCCCCCCCC.HDn8ZwgvdiBfpG.6rnbHBUapMxQYF0q'],
    ['bốn con mèo nằm ngủ', '$2a$04$......................sPfW9SZfAbH0FmhJbyaLVQdn9Rz44Q2'],
  ];
  for (const [text, stored] of vectors) {
    assert.ok(await read(stored).matches(text), stored);
    assert.equal(await read(stored).matches(`${text.slice(0, 60)}x`), false, stored);
  }
});

test('PBKDF2 of Django and passlib, argon2 and the LDAP forms are read; each says whether it is weak', async () => {
  const text = 'mật khẩu ở hệ thống cũ';
  const derived = pbkdf2Sync(text, 'muối', 20_000, 32, 'sha256');
  const adapted = (bytes: Buffer) => bytes.toString('base64').replaceAll('+', '.').replaceAll('=', '');
  const strong = [
    `pbkdf2_sha256$20000$muối$${derived.toString('base64')}`,
    `$pbkdf2-sha256$20000$${adapted(Buffer.from('muối'))}$${adapted(derived)}`,
    await argon2(text, { algorithm: 2, memoryCost: 4_096, timeCost: 3, parallelism: 1 }),
  ];
  const plain = (name: string) => createHash(name).update(text).digest('base64');
  const weak = [ssha(text), `{SHA}${plain('sha1')}`, `{MD5}${plain('md5')}`, `{SHA256}${plain('sha256')}`];
  for (const stored of [...strong, ...weak]) {
    const hash = read(stored);
    assert.equal(hash.isWeak, weak.includes(stored), stored);
    assert.ok(await hash.matches(text), stored);
    assert.equal(await hash.matches(`${text}.`), false, stored);
  }
});

test('a hash of a huge cost is refused before it runs, and what is no hash is too', () => {
  const cases: [string, string][] = [
    ['$2b$31$abcdefghijklmnopqrstuu1FLRm.iyc2RHpVcIC9z7AO0qWA5.o9e', 'too-costly'],
    ['$2b$03$abcdefghijklmnopqrstuu1FLRm.iyc2RHpVcIC9z7AO0qWA5.o9e', 'malformed'],
    [`pbkdf2_sha256$999999999$a$${'A'.repeat(43)}=`, 'too-costly'],
    [`pbkdf2_sha256$0$a$${'A'.repeat(43)}=`, 'malformed'],
    [`$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$${'A'.repeat(43)}`, 'too-costly'],
    [`$argon2id$v=19$m=65536,t=999,p=1$c2FsdHNhbHQ$${'A'.repeat(43)}`, 'too-costly'],
    [`$argon2id$v=19$m=65536,t=1,p=64$c2FsdHNhbHQ$${'A'.repeat(43)}`, 'too-costly'],
    ['{SSHA}AAAA', 'malformed'],
    ['{CRYPT}$1$abc$abcdefghijkl', 'malformed'],
    ['{CLEARTEXT}bWF0a2hhdQ==', 'unknown-scheme'],
    ['mật khẩu', 'unknown-scheme'],
    ['$2b$10$'.padEnd(600, 'a'), 'malformed'],
  ];
  for (const [stored, reason] of cases) assert.equal(readEarlierHash(stored), reason, stored);
});

test('a strong one opens once by the old scheme and is ours afterwards; a password that our rule refuses ends in a month', async () => {
  const { pupil } = world.city.people;
  const { rows: teachers } = await sql<{ id: string }>`
    SELECT f.person_id AS id FROM registry.affiliation AS f WHERE f.role = 'teacher' AND f.valid_until IS NULL
      AND NOT EXISTS (SELECT FROM registry.role_assignment AS r WHERE r.person_id = f.person_id AND r.role <> 'teacher')
    ORDER BY f.person_id LIMIT 1`.execute(world.context.db);
  const teacher = teachers[0]?.id ?? '';
  const [teacherCode, pupilCode] = [await educationIdOf(teacher), await educationIdOf(pupil)];
  const stored = (text: string) => argon2(text, { algorithm: 2, memoryCost: 4_096, timeCost: 1, parallelism: 1 });
  const rows = [`ma;hash`, `${teacherCode};${await stored('ngắn quá')}`, `${pupilCode},${await stored(password)}`];
  assert.deepEqual(await take(rows, { isApplied: false }), { taken: 2, weak: 0, refused: [] });
  assert.equal((await keptOf(pupil))?.password_hash ?? null, null, 'only shown');
  assert.equal((await take(rows)).taken, 2);

  assert.equal((await world.signIn(new TestBrowser(), pupilCode, 'không phải')).page?.name, 'signIn');
  assert.equal((await world.signIn(new TestBrowser(), pupilCode)).page?.name, 'launcher');
  assert.match((await keptOf(pupil))?.password_hash ?? '', /^\$argon2id\$v=19\$m=19456,/);
  assert.equal((await keptOf(pupil))?.password_ends_at, null);
  assert.equal((await world.signIn(new TestBrowser(), pupilCode)).page?.name, 'launcher', 'and again');
  assert.equal((await world.signIn(new TestBrowser(), teacherCode, 'ngắn quá')).page?.name, 'launcher');
  const days = (((await keptOf(teacher))?.password_ends_at?.getTime() ?? 0) - world.clock.now().getTime()) / day;
  assert.ok(days > 29 && days <= 30, `ends in ${days} days`);
  const again = await take([`${pupilCode},${await stored('kẻ khác')}`]);
  assert.deepEqual(again.refused, [{ line: 1, reason: 'has-credential' }], 'who signs in here keeps what they have');
});

test('a weak one is kept inside our own hash, opens until its day and not after it, and its owner is told', async () => {
  const { rows: found } = await sql<{ id: string; education_id: string }>`
    SELECT p.id, p.education_id FROM registry.person AS p JOIN registry.affiliation AS f ON f.person_id = p.id
    WHERE p.status = 'active' AND f.role = 'learner' AND f.valid_until IS NULL
      AND NOT EXISTS (SELECT FROM idp.account AS a WHERE a.person_id = p.id) ORDER BY p.id LIMIT 2`.execute(
    world.context.db,
  );
  const [one, other] = found;
  assert.ok(one && other);
  const report = await take([`${one.education_id}\t${ssha(password)}`, `${one.education_id}\t${ssha('khác')}`]);
  assert.deepEqual([report.taken, report.weak, report.refused], [1, 1, [{ line: 2, reason: 'twice' }]]);
  const kept = (await keptOf(one.id))?.password_hash ?? '';
  const digest = createHash('sha1').update(password).update(Buffer.from('muối')).digest();
  assert.ok(!kept.includes(digest.toString('base64').slice(0, 12)) && !kept.includes(ssha(password)), kept);
  const { rows: notices } = await sql`
    SELECT FROM registry.notice WHERE person_id = ${one.id} AND kind = 'password.ends'`.execute(world.context.db);
  assert.equal(notices.length, 1);
  assert.equal((await world.signIn(new TestBrowser(), one.education_id, 'không phải')).page?.name, 'signIn');
  assert.equal((await world.signIn(new TestBrowser(), one.education_id)).page?.name, 'launcher');
  assert.ok((await keptOf(one.id))?.password_ends_at, 'rehashed, and still of a leaked kind');
  await sql`UPDATE idp.account SET password_ends_at = now() - interval '1 second' WHERE person_id = ${one.id}`.execute(
    world.context.db,
  );
  assert.equal((await world.signIn(new TestBrowser(), one.education_id)).page?.name, 'signIn', 'past its day');
});

test('Q3: nobody above a teacher gets a password by a file, a hash written into the table opens nothing, and dates are bounded', async () => {
  const { departmentAdministrator } = world.city.people as unknown as Record<string, string>;
  const { rows } = await sql<{ id: string }>`
    SELECT person_id AS id FROM registry.role_assignment WHERE ended_at IS NULL AND role = 'school-administrator' LIMIT 1`.execute(
    world.context.db,
  );
  const administrator = departmentAdministrator ?? rows[0]?.id ?? '';
  const report = await take([`${await educationIdOf(administrator)};${ssha(password)}`]);
  assert.deepEqual(report.refused, [{ line: 1, reason: 'role' }]);
  for (const days of [-1, 181])
    await assert.rejects(take([], { weakUntil: new Date(world.clock.now().getTime() + days * day) }), {
      code: 'passwords/bad-date',
    });
  await assert.rejects(take(['0123456789;a b c']), { code: 'passwords/bad-line' });
  assert.deepEqual((await take([`0000000000;${ssha(password)}`])).refused, [{ line: 1, reason: 'unknown-person' }]);
});
