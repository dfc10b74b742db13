import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';

let world: TestIdp;
before(async () => {
  world = await testIdp();
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
