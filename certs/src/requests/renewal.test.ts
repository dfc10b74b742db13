import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { openTestCity, type TestCity } from '../../testing/city.ts';
import { revokeCertificate } from '../authority/authority.ts';
import { certsOf } from '../tables.ts';
import { renewSeals } from './renew-seals.ts';

const system = { kind: 'system', name: 'cli' } as const;

describe('renewal of what was issued on request, by a clock that is moved', () => {
  let world: TestCity;
  let school: string;
  let otherSchool: string;

  before(async () => {
    world = await openTestCity();
    [school = '', otherSchool = ''] = world.city.schools.map(({ id }) => id);
  });
  after(() => world[Symbol.asyncDispose]());

  async function issue(body: object): Promise<{ id: string; serial: string }> {
    const asked = await world.ask(body);
    const { json } = await world.decide(asked.json.id, 'approve');
    assert.equal(json?.state, 'issued', asked.text + JSON.stringify(json));
    return { id: json.id, serial: json.certificate.serial };
  }

  const due = async (person = world.city.people.auditor) =>
    (await world.call(person, 'GET', 'certificate-renewals')).json.items as {
      serial: string;
      keyMayStay: boolean;
      renewsItself: boolean;
    }[];

  async function followersOf(serial: string) {
    return certsOf(world.context.db)
      .selectFrom('certs.request')
      .selectAll()
      .where('renews', '=', serial)
      .orderBy('id')
      .execute();
  }

  async function read(serial: string): Promise<X509Certificate> {
    const { json } = await world.call(world.city.people.auditor, 'GET', `certificates/${serial}`);
    return new X509Certificate(json.certificatePem);
  }

  test('a seal of the key store is renewed by itself with its key, once a year for three years; each stays until it ends', async () => {
    const first = await issue({ organisationId: otherSchool, custody: 'key-store' });
    world.clock.moveDays(334);
    await renewSeals(world.context);
    assert.deepEqual(await followersOf(first.serial), [], 'too early');
    world.clock.moveDays(2);
    assert.deepEqual(await due(), [
      { ...(await due())[0], serial: first.serial, keyMayStay: true, renewsItself: true },
    ]);
    const rename = (name: string) =>
      sql`UPDATE registry.organisation SET name = ${name} WHERE id = ${otherSchool}`.execute(world.context.db);
    const { name = '' } = world.city.schools.find(({ id }) => id === otherSchool) ?? {};
    await rename('Trường THCS Trần Văn Ơn 2');
    await renewSeals(world.context);
    assert.deepEqual(await followersOf(first.serial), [], 'another name is for two people again');
    await rename(name);
    await Promise.all(Array.from({ length: 8 }, () => renewSeals(world.context)));
    const [second, ...more] = await followersOf(first.serial);
    assert.deepEqual([second?.state, second?.requested_by, second?.decided_by, more.length], ['issued', null, null, 0]);
    const [old, renewed] = [await read(first.serial), await read(second?.certificate_serial ?? '')];
    assert.ok(old.publicKey.equals(renewed.publicKey));
    assert.equal(renewed.subject, old.subject);
    assert.equal(
      (await world.call(world.city.people.auditor, 'GET', `certificates/${first.serial}`)).json.revokedAt,
      null,
    );
    assert.deepEqual(await due(), []);
    const { rows } = await sql<{ type: string; data: object }>`
      SELECT type, data FROM platform.outbox WHERE subject_id = ${second?.id ?? ''} ORDER BY position`.execute(
      world.context.db,
    );
    assert.deepEqual(rows, [
      { type: 'certificate-request.renewed', data: { renews: first.serial } },
      { type: 'certificate-request.issued', data: { serial: second?.certificate_serial, renews: first.serial } },
    ]);

    world.clock.moveDays(336); // day 672
    await renewSeals(world.context);
    const [third] = await followersOf(second?.certificate_serial ?? '');
    world.clock.moveDays(336); // day 1008
    await renewSeals(world.context);
    const [fourth] = await followersOf(third?.certificate_serial ?? '');
    assert.equal(fourth?.state, 'issued');
    world.clock.moveDays(340); // day 1348: the key is more than three years old
    await renewSeals(world.context);
    const last = fourth?.certificate_serial ?? '';
    assert.deepEqual(await followersOf(last), []);
    const [item] = await due();
    assert.deepEqual([item?.serial, item?.keyMayStay, item?.renewsItself], [last, false, false]);

    // by hand: a new key, made at the approval
    const { serial } = await issue({ organisationId: otherSchool, custody: 'key-store', renews: last });
    assert.ok(!(await read(serial)).publicKey.equals(old.publicKey));
    assert.deepEqual(await due(), []);
  });

  test('an outside key: due in the console, asked for again with the same key or a new one, one follower', async () => {
    const csr = world.makeCsr();
    const first = await issue({ organisationId: school, custody: 'outside', csr });
    world.clock.moveDays(336);
    await renewSeals(world.context);
    assert.deepEqual(await followersOf(first.serial), [], 'the program has no say over it');
    const { administratorId = '' } = world.city.schools[0] ?? {};
    const [item] = await due(administratorId);
    assert.deepEqual([item?.serial, item?.keyMayStay, item?.renewsItself], [first.serial, true, false]);
    assert.deepEqual(await due(world.city.schools[1]?.administratorId), [], 'another school sees nothing of it');

    const body = { organisationId: school, custody: 'outside', renews: first.serial };
    assert.equal(
      (await world.ask({ ...body, organisationId: otherSchool })).json.code,
      'certificate-requests/other-subject',
    );
    const [asked, again] = await Promise.all([world.ask(body), world.ask(body)]);
    assert.deepEqual([asked.status, asked.json.id], [201, again.json.id], 'the same key, no request (CSR) needed');
    const other = await world.ask({ ...body, csr: world.makeCsr() });
    assert.equal(other.json.code, 'certificate-requests/renewed-already');
    assert.deepEqual(await due(administratorId), [], 'it waits');
    const { json } = await world.decide(asked.json.id, 'approve');
    assert.equal(json.state, 'issued');
    assert.ok((await read(json.certificate.serial)).publicKey.equals((await read(first.serial)).publicKey));
    assert.equal((await world.ask(body)).json.code, 'certificate-requests/renewed-already');

    // the follower is revoked: the first may get another, with a new key
    await revokeCertificate(world.context, json.certificate.serial, 'superseded', system);
    const { serial } = await issue({ ...body, csr: world.makeCsr() });
    assert.ok(!(await read(serial)).publicKey.equals((await read(first.serial)).publicKey));
  });

  test('a key of three years, a compromised one, a revoked or long ended certificate: refused with a sentence', async () => {
    const csr = world.makeCsr();
    const first = await issue({ organisationId: school, custody: 'outside', csr });
    const body = { organisationId: school, custody: 'outside' };
    world.clock.moveDays(364);
    const second = await issue({ ...body, renews: first.serial });
    world.clock.moveDays(364);
    const third = await issue({ ...body, renews: second.serial });
    world.clock.moveDays(364);
    const fourth = await issue({ ...body, renews: third.serial }); // day 1092
    world.clock.moveDays(10);
    assert.equal((await world.ask({ ...body, renews: fourth.serial })).json.code, 'certificate-requests/old-key');
    assert.equal(
      (await world.ask({ ...body, csr })).json.code,
      'certificate-requests/old-key',
      'not by asking anew either',
    );
    assert.equal((await world.ask({ ...body, renews: first.serial })).json.code, 'certificate-requests/not-renewable');
    const rekeyed = await world.ask({ ...body, renews: fourth.serial, csr: world.makeCsr() });
    assert.equal(rekeyed.status, 201, rekeyed.text);
    await world.decide(rekeyed.json.id, 'approve');

    const compromised = world.makeCsr();
    const one = await issue({ ...body, csr: compromised });
    await revokeCertificate(world.context, one.serial, 'keyCompromise', system);
    assert.equal((await world.ask({ ...body, renews: one.serial })).json.code, 'certificate-requests/not-renewable');
    assert.equal((await world.ask({ ...body, csr: compromised })).json.code, 'certificates/shared-key');
    const suspended = await issue({ ...body, csr: world.makeCsr() });
    await revokeCertificate(world.context, suspended.serial, 'certificateHold', system);
    assert.equal(
      (await world.ask({ ...body, renews: suspended.serial })).json.code,
      'certificate-requests/not-renewable',
    );
  });

  test('the renewal and its event are one: when the event cannot be written nothing is renewed, and the next night does it', async () => {
    const { db } = world.context;
    const organisationId = world.city.schools[2]?.id ?? '';
    const first = await issue({ organisationId, custody: 'key-store' });
    world.clock.moveDays(340);
    await sql`CREATE FUNCTION certs.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$`.execute(
      db,
    );
    await sql`CREATE TRIGGER fail BEFORE INSERT ON platform.outbox EXECUTE FUNCTION certs.fail()`.execute(db);
    await renewSeals(world.context);
    await sql`DROP TRIGGER fail ON platform.outbox`.execute(db);
    assert.deepEqual(await followersOf(first.serial), []);
    await renewSeals(world.context);
    assert.deepEqual(
      (await followersOf(first.serial)).map(({ state }) => state),
      ['issued'],
    );
  });
});
