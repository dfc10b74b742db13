import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { flags, type Tampering, TestAuthenticator } from '@edutrust/testing/authenticator';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';

let world: TestIdp;
let browser: TestBrowser;
let phone: TestAuthenticator;
const api = (path: string) => `${world.origin}/api/v1/account/${path}`;

before(async () => {
  world = await testIdp();
  browser = new TestBrowser();
  await world.signIn(browser, await world.activate(world.city.people.guardian));
  phone = new TestAuthenticator(world.origin);
});
after(() => world[Symbol.asyncDispose]());

async function register(change: Tampering = {}, authenticator = new TestAuthenticator(world.origin)) {
  const { json } = await browser.json(api('passkeys/options'), {});
  return browser.json(api('passkeys'), { credential: authenticator.create(json.options, change), name: 'Điện thoại' });
}

/** Begins a sign-in in a fresh browser, and answers it with the passkey. */
async function signInWith(
  authenticator: TestAuthenticator,
  change: Tampering = {},
  fresh = new TestBrowser(),
  asked = '/signin?return_to=/',
) {
  const shown = await fresh.get(`${world.origin}${asked}`);
  const { options, verifyPath } = shown.page?.props.passkey ?? {};
  const credential = authenticator.get(options, change);
  return { fresh, verifyPath, credential, ...(await fresh.json(`${world.origin}${verifyPath}`, { credential })) };
}

test('W1: each rule of registration has its refused answer', async () => {
  const badly: Record<string, Tampering> = {
    type: { type: 'webauthn.get' },
    challenge: { challenge: 'A'.repeat(43) },
    origin: { origin: 'https://evil.example' },
    crossOrigin: { crossOrigin: true },
    topOrigin: { topOrigin: 'https://evil.example' },
    rpIdHash: { rpId: 'evil.example' },
    userPresent: { flags: flags.userVerified },
    userVerified: { flags: flags.userPresent },
    backupState: { flags: flags.userPresent | flags.userVerified | flags.backedUp },
    algorithm: { algorithm: -257 },
    credentialIdTooLong: { credentialId: Buffer.alloc(1024, 7) },
  };
  for (const [rule, change] of Object.entries(badly)) {
    const { status, json } = await register(change);
    assert.equal(status, 400, rule);
    assert.ok(['passkeys/refused', 'request/invalid'].includes(json.code), `${rule}: ${json.code}`);
  }
  const { rows } = await sql`SELECT 1 FROM idp.passkey`.execute(world.context.db);
  assert.equal(rows.length, 0, 'none of them was kept');
  assert.equal((await fetch(`${world.origin}/.well-known/webauthn`)).status, 404, 'no origin is related');
});

test('a passkey is registered, opens a session with acr passkey, and a credential is registered once only', async () => {
  const kept = await register({}, phone);
  assert.equal(kept.status, 201, JSON.stringify(kept.json));
  assert.equal((await browser.json(api('passkeys/options'), {})).status, 401, 'W7: a password adds none beside it');
  const confirmed = await signInWith(phone, {}, browser, '/signin?return_to=/&acr=passkey');
  await browser.get(`${world.origin}${confirmed.json.location}`);
  assert.equal((await register({}, phone)).status, 400);
  const { status, json, fresh } = await signInWith(phone);
  assert.equal(status, 200, JSON.stringify(json));
  const launcher = await fresh.get(`${world.origin}${json.location}`);
  assert.equal(launcher.page?.name, 'launcher');
  const { rows } = await sql<{
    acr: string;
  }>`SELECT payload->>'acr' AS acr FROM idp.session ORDER BY created_at DESC LIMIT 1`.execute(world.context.db);
  assert.equal(rows[0]?.acr, 'passkey');
});

test('W1: each rule of an assertion has its refused answer', async () => {
  const badly: Record<string, Tampering> = {
    type: { type: 'webauthn.create' },
    challenge: { challenge: 'A'.repeat(43) },
    origin: { origin: 'https://evil.example' },
    crossOrigin: { crossOrigin: true },
    topOrigin: { topOrigin: 'https://evil.example' },
    rpIdHash: { rpId: 'evil.example' },
    userPresent: { flags: flags.userVerified },
    userVerified: { flags: flags.userPresent | flags.backupEligible | flags.backedUp },
    backupState: { flags: flags.userPresent | flags.userVerified | flags.backedUp },
    signature: { foreignKey: true },
    unknownCredential: { credentialId: Buffer.alloc(32, 9) },
    noUserHandle: { userHandle: null },
  };
  for (const [rule, change] of Object.entries(badly)) {
    const { status, fresh } = await signInWith(phone, change);
    assert.equal(status, 400, rule);
    assert.notEqual((await fresh.get(`${world.origin}/`)).page?.name, 'launcher', rule);
  }
});

test('W2: a challenge answers once, in the browser and the ceremony it was given to', async () => {
  const first = await signInWith(phone);
  assert.equal(first.status, 200);
  const again = await first.fresh.json(`${world.origin}${first.verifyPath}`, { credential: first.credential });
  assert.notEqual(again.status, 200);

  const elsewhere = new TestBrowser();
  const mine = await elsewhere.get(`${world.origin}/signin?return_to=/`);
  const other = new TestBrowser();
  const theirs = await other.get(`${world.origin}/signin?return_to=/`);
  const credential = phone.get(mine.page?.props.passkey.options);
  const stolen = await other.json(`${world.origin}${theirs.page?.props.passkey.verifyPath}`, { credential });
  assert.equal(stolen.status, 400);

  const { json } = await browser.json(api('passkeys/options'), {});
  const creation = await other.get(`${world.origin}/signin?return_to=/`);
  const crossed = phone.get({ challenge: json.options.challenge, rpId: 'localhost' });
  const mixed = await other.json(`${world.origin}${creation.page?.props.passkey.verifyPath}`, { credential: crossed });
  assert.equal(mixed.status, 400);
});

test('W3: a signature counter that goes back is refused and recorded; zero is accepted again and again', async () => {
  const key = new TestAuthenticator(world.origin);
  assert.equal((await register({}, key)).status, 201);
  assert.equal((await signInWith(key, { counter: 0 })).status, 200);
  assert.equal((await signInWith(key, { counter: 5 })).status, 200);
  assert.equal((await signInWith(key, { counter: 5 })).status, 400);
  assert.equal((await signInWith(key, { counter: 4 })).status, 400);
  assert.equal((await signInWith(key, { counter: 0 })).status, 400);
  const { rows } = await sql`SELECT 1 FROM platform.outbox WHERE type = 'passkey.counter-went-back'`.execute(
    world.context.db,
  );
  assert.equal(rows.length, 3);
});

test("W4: nobody's passkey passes with another's user handle, or in another's session", async () => {
  const { rows } = await sql<{ handle: string }>`
    SELECT encode(user_handle, 'hex') AS handle FROM idp.account WHERE person_id = ${world.city.people.principal}`.execute(
    world.context.db,
  );
  const userHandle = Buffer.from(rows[0]?.handle ?? '', 'hex').toString('base64url');
  assert.equal(userHandle.length, 43);
  assert.equal((await signInWith(phone, { userHandle })).status, 400);

  const principal = new TestBrowser();
  await world.signIn(principal, await world.activate(world.city.people.principal));
  const shown = await principal.get(`${world.origin}/signin?return_to=/account&fresh=0`);
  assert.equal(shown.page?.name, 'stepUp', shown.body);
  const { options, verifyPath } = shown.page?.props.passkey ?? {};
  const { status } = await principal.json(`${world.origin}${verifyPath}`, { credential: phone.get(options) });
  assert.equal(status, 400);
});

test('W7: the last means of signing in cannot be removed', async () => {
  await sql`UPDATE idp.account SET password_hash = NULL WHERE person_id = ${world.city.people.guardian}`.execute(
    world.context.db,
  );
  const account = await browser.request(`${world.origin}/api/v1/account`);
  const { passkeys } = (await account.json()) as { passkeys: { id: string }[] };
  assert.ok(passkeys.length >= 2);
  for (const [index, { id }] of passkeys.entries()) {
    const response = await browser.request(api(`passkeys/${id}`), {
      method: 'DELETE',
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    assert.equal(response.status, index === passkeys.length - 1 ? 409 : 204);
  }
});
