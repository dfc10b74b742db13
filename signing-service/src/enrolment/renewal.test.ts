import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { releaseCertificate, revokeCertificate } from '@edutrust/certs/authority';
import { type OutboxReader, readOutboxOnce } from '@edutrust/platform/outbox';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { type TestCity, TestPhone, testCity } from '../../testing/city.ts';
import { authorise } from '../activation/authorise.ts';
import { completeSession } from '../activation/complete.ts';
import { verifyFile } from '../public-verification/verify.ts';
import { signingOf } from '../tables.ts';
import { renewalOf, renewCertificates } from './renewal.ts';
import { enrolmentFollower } from './subscriber.ts';

const dayMs = 86_400_000;
const system = { kind: 'system', name: 'cli' } as const;

function enrolmentOf(world: TestCity, personId: string) {
  return signingOf(world.context.db)
    .selectFrom('signing.enrolment')
    .selectAll()
    .where('person_id', '=', personId)
    .where('state', '=', 'enrolled')
    .executeTakeFirstOrThrow();
}

async function certificatesOf(world: TestCity, enrolmentId: string) {
  const { rows } = await sql<{ serial: string; reason: string | null }>`
    SELECT c.serial, c.revocation_reason AS reason FROM certs.certificate AS c, signing.enrolment AS e
    WHERE e.id = ${enrolmentId} AND c.public_key_sha256 = sha256(e.public_key_spki) AND c.state = 'issued'
    ORDER BY c.not_before, c.created_at`.execute(world.context.db);
  return rows;
}

describe('renewal of a phone’s certificate, by a clock that is moved', () => {
  let world: TestCity;
  let aheadMs = 0;
  before(async () => {
    world = await testCity({ now: () => new Date(Date.now() + aheadMs) });
    for (const { principalId } of world.city.schools) await new TestPhone(world, principalId).enrolAndApprove();
  });
  after(() => world[Symbol.asyncDispose]());

  test('thirty days before the end: the same key, only the names that two people agreed to, one follower however often it runs; the one before stays', async () => {
    const { db } = world.context;
    const [first, second, third] = world.city.schools.map(({ principalId }) => principalId);
    assert.ok(first && second && third);
    const before = await enrolmentOf(world, first);
    const old = new X509Certificate(before.certificate ?? '');
    aheadMs = 334 * dayMs;
    await renewCertificates(world.context);
    assert.equal((await enrolmentOf(world, first)).certificate_serial, before.certificate_serial, 'too early');

    aheadMs = 336 * dayMs;
    // the second signs no more (and nobody has followed it yet), the third is suspended
    await sql`UPDATE registry.role_assignment SET ended_at = now() WHERE person_id = ${second} AND role = 'signer'`.execute(
      db,
    );
    const suspended = (await enrolmentOf(world, third)).certificate_serial ?? '';
    await revokeCertificate(world.context, suspended, 'certificateHold', system);
    // a name that two people have not agreed to is not certified
    const { rows: names } = await sql<{
      full_name: string;
    }>`SELECT full_name FROM registry.person WHERE id = ${first}`.execute(db);
    const rename = (name = '') => sql`UPDATE registry.person SET full_name = ${name} WHERE id = ${first}`.execute(db);
    await rename('Trần Thị Tên Mới');
    await renewCertificates(world.context);
    assert.equal((await enrolmentOf(world, first)).certificate_serial, before.certificate_serial, 'another name');
    await rename(names[0]?.full_name);
    await Promise.all(Array.from({ length: 5 }, () => renewCertificates(world.context)));
    await renewCertificates(world.context);

    const now = await enrolmentOf(world, first);
    assert.notEqual(now.certificate_serial, before.certificate_serial);
    const renewed = new X509Certificate(now.certificate ?? '');
    assert.ok(renewed.publicKey.equals(createPublicKey({ key: before.public_key_spki, format: 'der', type: 'spki' })));
    assert.equal(renewed.subject, old.subject);
    assert.ok(renewed.validToDate.getTime() - old.validToDate.getTime() > 330 * dayMs);
    const all = await certificatesOf(world, now.id);
    assert.deepEqual(
      all.map(({ reason }) => reason),
      [null, null],
      'two, and none revoked',
    );
    const { rows } = await sql<{ data: object }>`
      SELECT data FROM platform.outbox WHERE type = 'signing-enrolment.renewed'`.execute(db);
    assert.deepEqual(rows, [{ data: { serial: now.certificate_serial, renews: before.certificate_serial } }]);
    for (const other of [second, third]) {
      const { id } = await enrolmentOf(world, other);
      assert.equal((await certificatesOf(world, id)).length, 1);
    }
    await releaseCertificate(world.context, suspended, system);
    await renewCertificates(world.context);
    assert.equal((await certificatesOf(world, (await enrolmentOf(world, third)).id)).length, 2, 'released, so renewed');
  });

  test('the swap and its event are one: when the event cannot be written the old certificate is the present one, and the next night finds the one that was issued', async () => {
    const { db } = world.context;
    const [first = ''] = world.city.schools.map(({ principalId }) => principalId);
    aheadMs = 680 * dayMs;
    const before = await enrolmentOf(world, first);
    await sql`CREATE FUNCTION signing.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$`.execute(
      db,
    );
    await sql`CREATE TRIGGER fail BEFORE INSERT ON platform.outbox FOR EACH ROW WHEN (NEW.type = 'signing-enrolment.renewed') EXECUTE FUNCTION signing.fail()`.execute(
      db,
    );
    await renewCertificates(world.context);
    assert.equal((await enrolmentOf(world, first)).certificate_serial, before.certificate_serial);
    await sql`DROP TRIGGER fail ON platform.outbox`.execute(db);
    await renewCertificates(world.context);
    const after = await enrolmentOf(world, first);
    assert.notEqual(after.certificate_serial, before.certificate_serial);
    assert.equal((await certificatesOf(world, after.id)).length, 3, 'the third of its key, not a fourth');
  });

  test('three years after the approval nothing is renewed any more, and the phone says that it is due', async () => {
    const [first = ''] = world.city.schools.map(({ principalId }) => principalId);
    const phone = new TestPhone(world, first);
    assert.deepEqual((await phone.call('GET', 'enrolment')).json.renewal, { renewsItself: true, isDue: false });
    aheadMs = 1_020 * dayMs;
    await renewCertificates(world.context);
    const fourth = await enrolmentOf(world, first);
    assert.equal((await certificatesOf(world, fourth.id)).length, 4);
    assert.deepEqual((await phone.call('GET', 'enrolment')).json.renewal, { renewsItself: false, isDue: false });
    aheadMs = 1_360 * dayMs;
    await renewCertificates(world.context);
    assert.equal((await certificatesOf(world, fourth.id)).length, 4);
    assert.deepEqual((await phone.call('GET', 'enrolment')).json.renewal, { renewsItself: false, isDue: true });
    const list = await world.call(
      world.city.people.securityOfficer,
      'GET',
      '/api/v1/signing/enrolments?state=enrolled',
    );
    const shown = list.json.items.find(({ person }: { person: { id: string } }) => person.id === first);
    const { validToDate } = new X509Certificate(fourth.certificate ?? '');
    assert.equal(shown.validUntil.slice(0, 19), validToDate.toISOString().slice(0, 19), 'to the second, as DER has it');
  });
});

test('what the phone says of renewal is what the night will do', () => {
  const approvedAt = new Date('2026-01-01T00:00:00Z');
  const at = (days: number) => new Date(approvedAt.getTime() + days * dayMs);
  const says = (notAfterDays: number, nowDays: number, isSigner = true) =>
    renewalOf({ approvedAt, notAfter: at(notAfterDays), isSigner }, at(nowDays));
  assert.deepEqual(says(365, 1), { renewsItself: true, isDue: false });
  assert.deepEqual(says(365, 1, false), { renewsItself: false, isDue: false });
  assert.deepEqual(says(365, 340, false), { renewsItself: false, isDue: true });
  assert.deepEqual(says(1_124, 1_000), { renewsItself: true, isDue: false });
  assert.deepEqual(says(1_126, 1_000), { renewsItself: false, isDue: false });
  assert.deepEqual(says(1_124, 1_096), { renewsItself: false, isDue: true }, 'the night was missed');
});

describe('signing while the certificate is renewed', () => {
  let world: TestCity;
  before(async () => {
    world = await testCity();
    for (const school of [0, 1]) await world.passToPrincipal(school);
  });
  after(() => world[Symbol.asyncDispose]());

  /** The rows say that it ends soon, so that it is renewed; time stamps want the true time. */
  async function renew(personId: string) {
    const { certificate_serial } = await enrolmentOf(world, personId);
    await sql`UPDATE certs.certificate SET not_after = now() + interval '10 days' WHERE serial = ${certificate_serial}`.execute(
      world.context.db,
    );
    await renewCertificates(world.context);
    const renewed = await enrolmentOf(world, personId);
    assert.notEqual(renewed.certificate_serial, certificate_serial);
    return { before: certificate_serial ?? '', after: renewed.certificate_serial ?? '' };
  }

  /** The serial number of the signer's certificate in the file, as the verifier read it. */
  async function signedWith(file: Buffer): Promise<string> {
    const report = await verifyFile(world.context, file);
    assert.equal(report.verdict, 'valid', JSON.stringify(report.reasons.concat(report.signatures[0]?.reasons ?? [])));
    const text = file.toString('latin1').toLowerCase();
    const { rows } = await sql<{ serial: string; der: Buffer }>`
      SELECT serial, der FROM certs.certificate WHERE state = 'issued' AND profile = 'official'
        AND person_id = ANY(${world.city.schools.map(({ principalId }) => principalId)}::uuid[])`.execute(
      world.context.db,
    );
    const signers = rows.filter(({ der }) => text.includes(der.toString('hex')));
    assert.equal(signers.length, 1, 'one principal in the file');
    return signers[0]?.serial ?? '';
  }

  for (const hasPrf of [true, false]) {
    test(`${hasPrf ? 'device' : 'key-store'} custody: renewed between opening and confirming, a session signs with the certificate that its list binds; the next one with the new`, async () => {
      const personId = world.city.schools[hasPrf ? 0 : 1]?.principalId ?? '';
      const phone = new TestPhone(world, personId, { hasPrf });
      await phone.enrolAndApprove();
      const [one, other] = await phone.inbox();
      assert.ok(one && other);
      const session = await phone.open([one.id]);
      const { before, after } = await renew(personId);
      const { json } = await phone.confirm(session, await phone.confirmation(session));
      assert.equal(json.items?.[0]?.state, 'signed', JSON.stringify(json));
      assert.equal(await signedWith((await phone.call('GET', `requests/${one.id}/document`)).body), before);
      const next = await phone.open([other.id]);
      assert.equal((await phone.confirm(next, await phone.confirmation(next))).json.items[0].state, 'signed');
      assert.equal(await signedWith((await phone.call('GET', `requests/${other.id}/document`)).body), after);
      const told = await world.call(
        world.city.people.securityOfficer,
        'GET',
        `/api/v1/certificates/${before}/consequences`,
      );
      assert.equal(told.json.signedDocuments, 1, 'each certificate answers for what was signed with it');
    });
  }

  test('renewed between the confirmation and the stamp: the same; ended or revoked meanwhile: nothing is signed, and the request waits', async () => {
    const personId = world.city.schools[0]?.principalId ?? '';
    const actor = {
      kind: 'person',
      personId,
      sessionId: `session of ${personId}`,
      roles: [],
      acr: '',
      authenticatedAt: new Date(),
    } as const;
    const phone = new TestPhone(world, personId);
    await phone.call('POST', 'enrolment/revoke', { reason: 'replaced' });
    await phone.enrolAndApprove();
    const ids = await freshRequests(3);
    const confirmed = async (id: string) => {
      const session = await phone.open([id]);
      const confirmation = (await phone.confirmation(session)) as Parameters<typeof authorise>[2];
      await authorise(world.context, session.id, confirmation, actor);
      return { session, confirmation };
    };
    const [first = '', second = '', third = ''] = ids;
    const opened = await confirmed(first);
    const { before, after } = await renew(personId);
    assert.equal(await completeSession(world.context, opened.session.id), true);
    assert.equal(await signedWith((await phone.call('GET', `requests/${first}/document`)).body), before);

    const late = await confirmed(second);
    await sql`UPDATE certs.certificate SET not_after = now() - interval '1 second' WHERE serial = ${after}`.execute(
      world.context.db,
    );
    await completeSession(world.context, late.session.id);
    const { json } = await phone.confirm(late.session, late.confirmation);
    assert.equal(json.items[0].error.code, 'signing/certificate-revoked');
    await sql`UPDATE certs.certificate SET not_after = now() + interval '1 year' WHERE serial = ${after}`.execute(
      world.context.db,
    );

    const session = await phone.open([third]);
    await sql`UPDATE certs.certificate SET not_after = now() - interval '1 second' WHERE serial = ${after}`.execute(
      world.context.db,
    );
    const refused = await phone.confirm(session, await phone.confirmation(session));
    assert.equal(refused.json.code, 'signing/certificate-revoked');
    await sql`UPDATE certs.certificate SET not_after = now() + interval '1 year' WHERE serial = ${after}`.execute(
      world.context.db,
    );
    // a session whose certificate is not the one in its list confirms nothing, whatever came to pass
    const tampered = await phone.open([third]);
    await sql`UPDATE signing.session SET certificate_serial = ${before} WHERE id = ${tampered.id}`.execute(
      world.context.db,
    );
    assert.equal(
      (await phone.confirm(tampered, await phone.confirmation(tampered))).json.code,
      'signing/certificate-revoked',
    );
  });

  test('an earlier certificate that an officer revokes leaves the phone signing, unless the key is compromised; a lost phone loses all of its key’s', async () => {
    const follower = enrolmentFollower(world.context);
    const seen = new Set<string>();
    const reader: OutboxReader = {
      ...follower,
      handle: async (events) => {
        await follower.handle(events);
        for (const { subject } of events) seen.add(subject.id);
      },
    };
    const catchUp = (serial: string) =>
      eventually(async () => {
        await readOutboxOnce(world.context.db, reader);
        assert.ok(seen.has(serial));
      });
    const personId = world.city.schools[2]?.principalId ?? '';
    const phone = new TestPhone(world, personId);
    await phone.enrolAndApprove();
    const { before, after } = await renew(personId);
    await revokeCertificate(world.context, before, 'superseded', system);
    await catchUp(before);
    const { id } = await enrolmentOf(world, personId);
    const second = await renew(personId);
    assert.equal(second.before, after);
    await revokeCertificate(world.context, after, 'keyCompromise', system);
    await catchUp(after);
    assert.equal((await phone.call('GET', 'enrolment')).json.state, 'none');
    assert.deepEqual(
      (await certificatesOf(world, id)).map(({ reason }) => reason),
      ['superseded', 'keyCompromise', 'keyCompromise'],
    );

    const next = new TestPhone(world, personId);
    await next.enrolAndApprove();
    const again = await enrolmentOf(world, personId);
    await renew(personId);
    await next.call('POST', 'enrolment/revoke', { reason: 'lost' });
    assert.deepEqual(
      (await certificatesOf(world, again.id)).map(({ reason }) => reason),
      ['keyCompromise', 'keyCompromise'],
    );
  });

  const freshRequests = (count: number) => world.nextForPrincipal(0, count);
});
