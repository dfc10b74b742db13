import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestAuthenticator } from '@edutrust/testing/authenticator';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';

const related = ['https://id.so-cu.edu.vn', 'https://thi.so.edu.vn'];
let world: TestIdp;
before(async () => {
  world = await testIdp({ EDUTRUST_RELATED_ORIGINS: related.join(', ') });
});
after(() => world?.[Symbol.asyncDispose]());

test('the browser is told which passkeys count, and no longer of one that is gone', async () => {
  const { teacher } = world.city.people;
  const { db } = world.context;
  const browser = await world.enter(teacher);
  const acceptedNow = async () => (await browser.get(`${world.origin}/account`)).page?.props.accepted;
  const { rows } = await sql<{
    id: string;
  }>`SELECT credential_id AS id FROM idp.passkey WHERE person_id = ${teacher}`.execute(db);
  const { rpId, userId, allAcceptedCredentialIds } = await acceptedNow();
  assert.deepEqual([rpId, allAcceptedCredentialIds], ['localhost', rows.map(({ id }) => id)]);
  assert.match(userId, /^[\w-]{20,}$/);
  await sql`DELETE FROM idp.passkey WHERE person_id = ${teacher}`.execute(db);
  assert.deepEqual((await acceptedNow()).allAcceptedCredentialIds, []);
});

test('managers of passkeys find where one is made and managed', async () => {
  const answer = await fetch(`${world.origin}/.well-known/passkey-endpoints`);
  assert.deepEqual(await answer.json(), {
    enroll: `${world.origin}/account/passkey`,
    manage: `${world.origin}/account`,
  });
});

test('W1: a passkey is asked for by the origins that the operator named, and by none that looks like one of them', async () => {
  const published = await fetch(`${world.origin}/.well-known/webauthn`);
  assert.match(published.headers.get('content-type') ?? '', /^application\/json/);
  assert.deepEqual(await published.json(), { origins: related });
  const phone = new TestAuthenticator(world.origin);
  await world.enter(world.city.people.administrator, phone);
  const statusAt = async (origin?: string) => {
    const browser = new TestBrowser();
    const shown = await browser.get(`${world.origin}/signin?return_to=/`);
    const { options, verifyPath } = shown.page?.props.passkey ?? {};
    const credential = phone.get(options, origin === undefined ? {} : { origin });
    return (await browser.json(`${world.origin}${verifyPath}`, { credential })).status;
  };
  assert.equal(await statusAt(), 200);
  for (const origin of related) assert.equal(await statusAt(origin), 200, origin);
  for (const origin of [
    'http://thi.so.edu.vn',
    'https://thi.so.edu.vn:8443',
    'https://thi.so.edu.vn/',
    'https://so.edu.vn',
    'https://www.thi.so.edu.vn',
    'https://thi.so.edu.vn.evil.example',
    'https://THI.so.edu.vn',
    'null',
  ])
    assert.equal(await statusAt(origin), 400, origin);
});
