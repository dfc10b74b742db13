import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { type TestCity, testCity } from '../../testing/city.ts';

describe('what an auditor looks for', () => {
  let world: TestCity;
  let issued: string;
  before(async () => {
    world = await testCity();
    await world.giveSeal(0);
    const [id = ''] = await world.nextForPrincipal(0, 1);
    issued = id;
    const principal = await world.phoneOf(world.city.schools[0]?.principalId ?? '');
    const signing = await principal.open([id]);
    await principal.confirm(signing, await principal.confirmation(signing));
  });
  after(() => world[Symbol.asyncDispose]());

  const auditor = () => world.city.people.auditor;
  const find = async (query: string, person = auditor()) =>
    (await world.call(person, 'GET', `/api/v1/signing/requests?limit=200&${query}`)).json.items.map(
      ({ id }: { id: string }) => id,
    );
  const take = (query: string, person = auditor()) => world.call(person, 'GET', `/api/v1/signing/exports?${query}`);

  test('by signer, kind, school and time; each narrows and none widens what the caller may see', async () => {
    const principal = world.city.schools[0]?.principalId ?? '';
    assert.deepEqual(await find(`signer=${principal}`), [issued]);
    assert.deepEqual(await find(`signer=${principal}&kind=diploma`), []);
    assert.deepEqual(await find(`signer=${principal}&organisation=${world.city.schools[1]?.id}`), []);
    const later = new Date(Date.now() + 86_400_000).toISOString();
    assert.deepEqual(await find(`signer=${principal}&from=${later}`), []);
    assert.deepEqual(await find(`signer=${principal}&until=${later}`), [issued]);
    const stranger = world.city.schools[1]?.administratorId ?? '';
    assert.deepEqual(await find(`signer=${principal}`, stranger), []);
  });

  test('the list is a file with the digest of each document; that it was taken is in the log with the file’s own', async () => {
    const principal = world.city.schools[0]?.principalId ?? '';
    const { body, status } = await take(`signer=${principal}&form=json`);
    assert.equal(status, 200, body.toString());
    const [row, ...others] = JSON.parse(body.toString());
    assert.deepEqual(others, []);
    const file = await world.call(auditor(), 'GET', `/api/v1/signing/requests/${issued}/document`);
    assert.equal(row.sha256, createHash('sha256').update(file.body).digest('hex'));
    const { rows } = await sql<{ data: { sha256: string; rows: number } }>`
      SELECT data FROM platform.outbox WHERE type = 'signing-export.taken' ORDER BY position DESC LIMIT 1`.execute(
      world.context.db,
    );
    assert.equal(rows[0]?.data.sha256, createHash('sha256').update(body).digest('hex'));
    const csv = (await take(`signer=${principal}`)).body.toString();
    assert.ok(csv.startsWith('\ufeff') && csv.includes(row.sha256));
  });

  test('a school’s list is of the school; who does not audit takes none', async () => {
    const other = world.city.schools[1]?.administratorId ?? '';
    const json = JSON.parse((await take('form=json', other)).body.toString());
    const { rows } = await sql<{ name: string }>`
      SELECT name FROM registry.organisation WHERE id = ${world.city.schools[1]?.id}`.execute(world.context.db);
    assert.deepEqual(
      [...new Set(json.map(({ organisation }: { organisation: string }) => organisation))],
      [rows[0]?.name],
    );
    for (const person of [world.city.people.pupil, world.city.schools[0]?.principalId ?? ''])
      assert.equal((await take('form=json', person)).status, 403);
  });
});
