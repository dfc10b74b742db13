import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { flags, TestAuthenticator } from '@edutrust/testing/authenticator';
import { TestBrowser } from '@edutrust/testing/browser';
import { type TestIdp, testIdp } from '../../testing/idp.ts';

let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

/** What a browser makes by itself: nobody touched anything, nobody was verified (WebAuthn L3 §5.1.3). */
const untouched = flags.backupEligible | flags.backedUp | flags.attested;

async function typed(personId: string): Promise<TestBrowser> {
  const browser = new TestBrowser();
  const educationId = await world.activate(personId);
  await world.signIn(browser, educationId);
  return browser;
}

const ask = (browser: TestBrowser, body: object) =>
  browser.json(`${world.origin}/api/v1/account/passkeys/options`, body);
const keep = (browser: TestBrowser, body: object) => browser.json(`${world.origin}/api/v1/account/passkeys`, body);
const offers = async (browser: TestBrowser) => (await browser.get(`${world.origin}/`)).page?.props.offersPasskey;

test('after a typed password the browser may make a passkey by itself, once, and it signs in', async () => {
  const browser = await typed(world.city.people.teacher);
  assert.equal(await offers(browser), true);
  const { json } = await ask(browser, { conditional: true });
  const authenticator = new TestAuthenticator(world.origin);
  const credential = authenticator.create(json.options, { flags: untouched });
  assert.equal((await keep(browser, { credential, conditional: true })).status, 201);
  assert.equal(await offers(browser), false);
  assert.equal((await ask(browser, { conditional: true })).status, 401, 'another asks for the first');

  const next = new TestBrowser();
  const page = await next.get(`${world.origin}/signin?return_to=/`);
  const { options, verifyPath } = page.page?.props.passkey ?? {};
  const done = await next.json(`${world.origin}${verifyPath}`, { credential: authenticator.get(options) });
  assert.equal(done.status, 200, JSON.stringify(done.json));
});

test('W1, W2: an untouched passkey comes of such a ceremony alone, and its challenge serves no other', async () => {
  const browser = await typed(world.city.people.guardian);
  const usual = (await ask(browser, {})).json.options;
  const untouchedAnswer = new TestAuthenticator(world.origin).create(usual, { flags: untouched });
  assert.equal((await keep(browser, { credential: untouchedAnswer })).json.code, 'passkeys/refused');
  const again = (await ask(browser, {})).json.options;
  const relabelled = new TestAuthenticator(world.origin).create(again, { flags: untouched });
  assert.equal((await keep(browser, { credential: relabelled, conditional: true })).json.code, 'passkeys/refused');
});

test('a pupil, whose computer others use too, and who signed in with a passkey, get none by themselves', async () => {
  const pupil = await typed(world.city.people.pupil);
  assert.equal(await offers(pupil), false);
  assert.equal((await ask(pupil, { conditional: true })).json.code, 'passkeys/not-by-itself');
  const strong = await world.enter(world.city.people.principal);
  assert.equal(await offers(strong), false);
  assert.equal((await ask(strong, { conditional: true })).json.code, 'passkeys/not-by-itself');
});
