import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { hashLeaf, isIncluded, parseTlogProof } from '@edutrust/platform/ledger-proof';
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

  test('a list proves itself by its entry of the log: the very bytes, when, and how many rows; no other list does', async () => {
    const { body } = await take('form=json');
    const sha256 = createHash('sha256').update(body).digest('hex');
    const proofOf = (digest: string, person = auditor()) =>
      world.call(person, 'GET', `/api/v1/signing/exports/${digest}/proof`);
    const { status, body: text } = await proofOf(sha256);
    assert.equal(status, 200, text.toString());
    const proof = parseTlogProof(text.toString());
    assert.ok(proof?.extra);
    assert.ok(isIncluded(proof, hashLeaf(proof.extra), world.context.ledger.key('audit')));
    const entry = JSON.parse(proof.extra.toString());
    assert.deepEqual(
      [entry.type, entry.data.sha256, entry.data.rows, entry.actor],
      ['signing-export.taken', sha256, JSON.parse(body.toString()).length, { kind: 'person', personId: auditor() }],
    );
    const forged = Buffer.from(JSON.stringify({ ...entry, data: { ...entry.data, rows: 1 } }));
    assert.ok(!isIncluded(proof, hashLeaf(forged), world.context.ledger.key('audit')));
    const shorter = JSON.stringify(JSON.parse(body.toString()).slice(1));
    assert.equal((await proofOf(createHash('sha256').update(shorter).digest('hex'))).status, 404, 'a row is missing');
    const elsewhere = world.city.schools[1]?.administratorId ?? '';
    assert.equal((await proofOf(sha256, elsewhere)).status, 404, 'a list of the whole city is not a school’s');
    assert.equal((await proofOf(sha256, world.city.people.pupil)).status, 403);
  });
});
