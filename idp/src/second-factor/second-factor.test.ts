import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Shown, TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { authorizationRequest, password, type TestIdp, testIdp } from '../../testing/idp.ts';
import { matchingStep, stepOf, totpAt } from './totp.ts';

let world: TestIdp;
let educationId: string;
before(async () => {
  world = await testIdp();
  educationId = await world.activate(world.city.people.teacher);
});
after(() => world[Symbol.asyncDispose]());

const secretOf = (shown: Shown) => Buffer.from(base32(new URL(shown.page?.props.address).searchParams.get('secret')));

function base32(text: string | null): Uint8Array {
  const bits = [...(text ?? '')]
    .map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0'))
    .join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (eight) => Number.parseInt(eight, 2));
}

/** Adds an app as a person does: the QR code, then its first code. Gives the secret and the recovery codes. */
async function add(browser: TestBrowser): Promise<{ secret: Buffer; codes: string[] }> {
  const offer = await browser.get(`${world.origin}/account/second-factor?renew=yes`);
  assert.equal(offer.page?.props.step, 'offer', offer.body);
  const secret = secretOf(offer);
  const { ticket } = offer.page.props;
  const kept = await browser.post(`${world.origin}/account/second-factor`, { ticket, code: now(secret) });
  assert.equal(kept.page?.props.step, 'codes', kept.body);
  return { secret, codes: kept.page.props.codes };
}

const now = (secret: Buffer) => totpAt(secret, stepOf(new Date()));
/** The code of the next half minute: the one of now was used when the app was added. */
const next = (secret: Buffer) => totpAt(secret, stepOf(new Date()) + 1);
const second = (shown: Shown, code: string, browser: TestBrowser) =>
  browser.post(`${world.origin}${shown.page?.props.action}`, { code });

test('the codes are those of RFC 6238, appendix B, a step early or late and each once', () => {
  const secret = Buffer.from('12345678901234567890');
  const vectors: Record<number, string> = {
    59: '287082',
    1111111109: '081804',
    1111111111: '050471',
    20000000000: '353130',
  };
  for (const [seconds, code] of Object.entries(vectors)) {
    const at = new Date(Number(seconds) * 1000);
    assert.equal(totpAt(secret, stepOf(at)), code);
    assert.equal(matchingStep(secret, ` ${code.slice(0, 3)} ${code.slice(3)}`, at, 0), stepOf(at));
    assert.equal(matchingStep(secret, code, new Date(at.getTime() + 30_000), 0), stepOf(at));
    assert.equal(matchingStep(secret, code, new Date(at.getTime() + 61_000), 0), undefined);
    assert.equal(matchingStep(secret, code, at, stepOf(at)), undefined, 'used');
  }
});

test('R6: with an app added the password alone opens nothing; its code does, once; recovery codes too, each once', async () => {
  const own = new TestBrowser();
  await world.signIn(own, educationId);
  const { secret, codes } = await add(own);
  assert.equal(new Set(codes).size, 10);
  const { db } = world.context;
  const { rows: kept } =
    await sql`SELECT f::text || string_agg(c::text, '') AS text FROM idp.second_factor AS f, idp.recovery_code AS c GROUP BY f`.execute(
      db,
    );
  assert.ok(!JSON.stringify(kept).includes(secret.toString('hex')), 'the secret is not in the database in clear');

  const browser = new TestBrowser();
  const asked = await world.signIn(browser, educationId);
  assert.equal(asked.page?.name, 'secondFactor');
  assert.equal((await browser.get(`${world.origin}/account`)).page?.name, 'signIn', 'nobody is signed in yet');
  assert.equal((await second(asked, '000000', browser)).status, 400);
  const code = next(secret);
  assert.equal((await second(asked, code, browser)).page?.name, 'launcher');
  const { rows } = await sql<{ acr: string; amr: string[] }>`
    SELECT payload->>'acr' AS acr, payload->'amr' AS amr FROM idp.session WHERE payload->>'acr' <> 'pwd'`.execute(db);
  assert.deepEqual(rows[0], { acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] });

  const again = new TestBrowser();
  const replayed = await second(await world.signIn(again, educationId), code, again);
  assert.equal(replayed.page?.props.error?.field, 'code', 'a code counts once');
  const [first = ''] = codes;
  assert.equal(
    (await second(await world.signIn(again, educationId), first.toLowerCase(), again)).page?.name,
    'launcher',
  );
  const once = new TestBrowser();
  assert.notEqual((await second(await world.signIn(once, educationId), first, once)).page?.name, 'launcher');
});

test('R6: guesses at the code are slowed, many at once are many, and another person’s sign-in takes none', async () => {
  const { db } = world.context;
  await sql`UPDATE idp.second_factor SET failures = 0, blocked_until = '-infinity'`.execute(db);
  const browser = new TestBrowser();
  const asked = await world.signIn(browser, educationId);
  const answers = await Promise.all(Array.from({ length: 20 }, () => second(asked, '123456', browser)));
  assert.ok(answers.filter(({ status }) => status === 400).length <= 6);
  assert.ok(answers.some(({ status, headers }) => status === 429 && Number(headers.get('retry-after')) >= 1));
  await sql`UPDATE idp.second_factor SET failures = 0, blocked_until = '-infinity'`.execute(db);
  const stranger = new TestBrowser();
  const page = await stranger.get(`${world.origin}/signin?return_to=/`);
  const skipped = await stranger.post(`${world.origin}${page.page?.props.action}/second`, { code: '123456' });
  assert.notEqual(skipped.page?.name, 'launcher', 'no code without the password');
});

test('W5: roles above a teacher’s open with password and code; adding and removing ask for a fresh proof and are told', async () => {
  const { schoolAdministrator } = world.city.people;
  const administratorId = await world.activate(schoolAdministrator);
  const weak = new TestBrowser();
  await world.signIn(weak, administratorId);
  const people = async (browser: TestBrowser) =>
    (await browser.request(`${world.origin}/api/v1/account/sessions`, { headers: { accept: 'application/json' } }))
      .status;
  assert.equal(await people(weak), 200);
  const { secret } = await add(weak);
  const strong = new TestBrowser();
  const entered = await second(await world.signIn(strong, administratorId), next(secret), strong);
  assert.equal(entered.page?.name, 'launcher');
  const may = async (browser: TestBrowser) => {
    const response = await browser.request(
      `${world.origin}/api/v1/organisations/${world.city.schools[0]?.id}/networks`,
      {
        headers: { accept: 'application/json', 'sec-fetch-site': 'same-origin' },
      },
    );
    return response.status;
  };
  assert.equal(await may(weak), 401, 'a password alone does not');
  assert.equal(await may(strong), 200);
  const { rows } = await sql<{ kind: string }>`
    SELECT kind FROM registry.notice WHERE person_id = ${schoolAdministrator} AND kind LIKE 'second-factor.%'`.execute(
    world.context.db,
  );
  assert.deepEqual(rows, [{ kind: 'second-factor.added' }]);
  // An app that wants a passkey does not take a code for one.
  const asking = new TestBrowser({ stopAt: ['http://localhost:4001'] });
  const request = authorizationRequest(world.origin, 'thu-vien-so', { acr_values: 'passkey' });
  const shown = await asking.get(request.url);
  const typed = await asking.post(`${world.origin}${shown.page?.props.action}`, { identifier: educationId, password });
  assert.notEqual(new URL(typed.url).origin, 'http://localhost:4001');
  // A session that is not known for certain, or not recent, takes nothing away.
  await sql`UPDATE idp.session SET signed_in_at = now() - interval '1 hour'`.execute(world.context.db);
  await strong.post(`${world.origin}/account/second-factor/remove`, {});
  const { rows: left } = await sql`SELECT FROM idp.second_factor WHERE person_id = ${schoolAdministrator}`.execute(
    world.context.db,
  );
  assert.equal(left.length, 1);
});

test('W5: a role above a teacher’s is led to a passkey, and from a password straight to the second factor', async () => {
  const { auditor, pupil } = world.city.people;
  for (const [personId, needsPasskey, lands] of [
    [auditor, true, 'secondFactorSetup'],
    [pupil, false, 'launcher'],
  ] as const) {
    const browser = new TestBrowser();
    const confirm = await browser.post(`${world.origin}/activate`, { code: await world.code(personId) });
    const { ticket } = confirm.page?.props ?? {};
    const choose = await browser.post(`${world.origin}/activate/confirm`, { ticket, answer: 'yes' });
    assert.equal(choose.page?.props.needsPasskey, needsPasskey);
    const chosen = { ticket, password, repeat: password };
    const done = await browser.post(`${world.origin}${choose.page.props.action}`, chosen);
    assert.equal(done.page?.name, lands, done.body);
    if (needsPasskey) await add(browser);
  }
});

test('A4: an activation code replaces the password and not the factor: its holder is asked for the code of the app', async () => {
  await assert.rejects(world.activate(world.city.people.teacher), /secondFactor/);
  const after = await sql<{
    n: string;
  }>`SELECT count(*) AS n FROM idp.session WHERE person_id = ${world.city.people.teacher}`.execute(world.context.db);
  assert.equal(Number(after.rows[0]?.n), 0, 'setting the password ended every session, and began none');
});
