import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { password, type TestIdp, testIdp } from '../../testing/idp.ts';
import { createThrottle } from '../throttling/throttle.ts';
import { accountStatus } from './status.ts';

let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

/** What really happens to somebody with the right password at the address: the browser's own two requests. */
async function reallySignsIn(educationId: string, address: string): Promise<boolean> {
  const { app } = world;
  const cookies = new Map<string, string>();
  const ask = async (url: string, form?: Record<string, string>) => {
    const answer = await app.inject({
      url,
      method: form ? 'POST' : 'GET',
      remoteAddress: address,
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        accept: 'text/html',
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' } : {}),
      },
      ...(form ? { payload: new URLSearchParams(form).toString() } : {}),
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return { status: answer.statusCode, location: String(answer.headers.location ?? '') };
  };
  const path = (location: string) => location.replace(world.origin, '');
  let at = path((await ask('/signin?return_to=/account')).location);
  at = path((await ask(at)).location);
  const answer = await ask(at, { identifier: educationId, password });
  return answer.status === 303;
}

test('«why can this person not sign in» says what really happens, over random states and places', async () => {
  const { context, city } = world;
  const people = [city.people.teacher, city.people.pupil, city.people.guardian, city.people.principal];
  const ids = new Map<string, string>();
  for (const personId of people) ids.set(personId, await world.activate(personId));
  const throttle = createThrottle(context);
  let random = 20_261_126;
  const pick = <Value>(...values: readonly Value[]): Value => {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
    return values[Math.floor((random / 2 ** 31) * values.length)] as Value;
  };
  const seen = { yes: 0, no: 0 };
  for (let round = 0; round < 80; round += 1) {
    const personId = pick(...people);
    const educationId = ids.get(personId) ?? '';
    const state = {
      person: pick('active', 'active', 'active', 'left'),
      account: pick('active', 'active', 'active', 'suspended', 'invited'),
      hasPassword: pick(true, true, true, false),
      guesses: pick(0, 0, 3, 8, 30),
      address: pick('198.51.100.1', '198.51.100.2', '203.0.113.4'),
      guessedFrom: pick('198.51.100.1', '198.51.100.2', '203.0.113.4'),
      strangers: pick(0, 0, 0, 150),
      isSchool: pick(true, false),
    };
    await sql`DELETE FROM idp.throttle`.execute(context.db);
    await sql`DELETE FROM idp.network`.execute(context.db);
    await sql`DELETE FROM platform.short_lived WHERE key LIKE 'idp:%ed:%'`.execute(context.db);
    if (state.isSchool) {
      await sql`INSERT INTO idp.network SELECT gen_random_uuid(), ${city.schools[0]?.id}, '203.0.113.0/28', 'x', now()`.execute(
        context.db,
      );
    }
    const guess = async (account: string, known: string | undefined) => {
      const origin = { ip: state.guessedFrom, isBehindUndeclaredProxy: false, deviceCookie: undefined };
      const guesser = await throttle.guesserOf(origin, account, known);
      await throttle.begin(guesser).then(
        () => throttle.failed(guesser),
        () => undefined,
      );
    };
    for (let count = 0; count < state.guesses; count += 1) await guess(personId, personId);
    for (let count = 0; count < state.strangers; count += 1) await guess(`nobody-${count}`, undefined);
    await sql`UPDATE registry.person SET status = ${state.person} WHERE id = ${personId}`.execute(context.db);
    const { rows } = await sql<{ password_hash: string | null }>`
      SELECT password_hash FROM idp.account WHERE person_id = ${personId}`.execute(context.db);
    await sql`
      UPDATE idp.account SET status = ${state.account}, password_hash = CASE WHEN ${state.hasPassword} THEN password_hash END
      WHERE person_id = ${personId}`.execute(context.db);
    const said = await accountStatus(context, personId, { address: state.address });
    const happened = await reallySignsIn(educationId, state.address);
    await sql`UPDATE idp.account SET password_hash = ${rows[0]?.password_hash ?? null} WHERE person_id = ${personId}`.execute(
      context.db,
    );
    assert.equal(said.opens.password, happened, JSON.stringify({ round, ...state, checks: said.checks }));
    // A person who gets in has no step that says no, and one who does not has at least one.
    const blocking = said.checks.filter(({ ok, step }) => !ok && step !== 'assurance');
    assert.equal(blocking.length === 0, happened, JSON.stringify({ state, blocking }));
    seen[happened ? 'yes' : 'no'] += 1;
    await sql`UPDATE registry.person SET status = 'active' WHERE id = ${personId}`.execute(context.db);
  }
  assert.ok(seen.yes >= 15 && seen.no >= 15, JSON.stringify(seen));
});

test('the answer names the app, its consent, the network and the role that needs a passkey', async () => {
  const { context, city } = world;
  await sql`UPDATE idp.account SET status = 'active'`.execute(context.db);
  const steps = async (clientId: string, personId = city.people.teacher) =>
    Object.fromEntries(
      (await accountStatus(context, personId, { clientId, address: '198.51.100.9' })).checks.map(
        ({ step, ok, sentence }) => [step, `${ok} ${sentence.en}`],
      ),
    );
  assert.match((await steps('nowhere')).app ?? '', /^false/);
  assert.match((await steps('thu-vien-so')).consent ?? '', /asked whether to share/);
  assert.match((await steps('thu-vien-so')).network ?? '', /no registered network/);
  assert.match((await steps('lop-hoc', city.people.administrator)).assurance ?? '', /^false .*needs a passkey/);
});
