import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { readOutboxOnce } from '@edutrust/platform/outbox';
import { leave } from '@edutrust/registry/people';
import { giveRole } from '@edutrust/registry/testing/give-role';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { type TestCity, TestPhone, testCity } from '../../testing/city.ts';
import { signingOf } from '../tables.ts';
import { issueFor, revokeCertificateOf } from './certificate.ts';
import { possessionText } from './passkey.ts';
import { enrolmentFollower } from './subscriber.ts';

describe('enrolment of a signer', () => {
  let world: TestCity;
  let principals: string[];

  before(async () => {
    world = await testCity();
    principals = world.city.schools.map(({ principalId }) => principalId);
  });
  after(() => world[Symbol.asyncDispose]());

  test('a phone enrols with its own key, a second officer approves, and the certificate is for that key and person', async () => {
    const phone = new TestPhone(world, principals[0] ?? '');
    const { status, json } = await phone.enrol();
    assert.equal(status, 201, JSON.stringify(json));
    assert.equal(json.state, 'awaiting-approval');
    assert.match(json.approvalCode, /^\d{6}$/);
    assert.equal(json.device.custody, 'device');
    const { securityOfficer } = world.city.people;
    const list = await world.call(securityOfficer, 'GET', '/api/v1/signing/enrolments?state=awaiting-approval');
    assert.ok(!JSON.stringify(list.json).includes(json.approvalCode), 'the officer has to hear the digits (B6)');
    const { id: approvalId } = json.approval;
    const approve = (code: string) => world.two.approve(approvalId, securityOfficer, { code });
    await assert.rejects(approve(json.approvalCode), { code: 'approvals/not-now' }, 'not before the phone confirmed');
    await assert.rejects(world.two.confirm(approvalId, phone.personId), { code: 'approvals/passkey-refused' });
    await phone.confirmPhone(approvalId);
    const wrong = String((Number(json.approvalCode) + 1) % 1_000_000).padStart(6, '0');
    await assert.rejects(approve(wrong), { code: 'approvals/wrong-code' });
    await approve(json.approvalCode);
    const own = await phone.call('GET', 'enrolment');
    assert.equal(own.json.state, 'enrolled');
    const row = await signingOf(world.context.db)
      .selectFrom('signing.enrolment')
      .selectAll()
      .where('id', '=', json.id)
      .executeTakeFirstOrThrow();
    const certificate = new X509Certificate(row.certificate ?? Buffer.alloc(0));
    assert.ok(certificate.publicKey.equals(createPublicKey({ key: row.public_key_spki, format: 'der', type: 'spki' })));
    assert.match(certificate.subject, /title=Hiệu trưởng/);
    await assert.rejects(approve(json.approvalCode), { code: 'approvals/not-now' });
    await issueFor(world.context, json.id); // the job, once more
    assert.equal((await phone.call('GET', 'enrolment')).json.certificate.serial, own.json.certificate.serial);
    assert.equal((await phone.call('POST', 'enrolment/options')).json.code, 'signing/already-enrolled');
  });

  test('nobody approves their own enrolment, and who may not approve cannot', async () => {
    const [, personId = ''] = principals;
    const phone = new TestPhone(world, personId);
    const { json } = await phone.enrol();
    const { id: approvalId } = json.approval;
    await phone.confirmPhone(approvalId);
    const approve = (who: string) => world.two.approve(approvalId, who, { code: json.approvalCode });
    const { administrator, auditor, schoolAdministrator, securityOfficer } = world.city.people;
    for (const other of [administrator, auditor, schoolAdministrator])
      await assert.rejects(approve(other), { code: 'approvals/not-found' });
    // Even a security officer who is the signer too.
    await giveRole(world.context, { personId, role: 'security-officer', organisationId: world.city.departmentId });
    await assert.rejects(approve(personId), { code: 'approvals/not-now' }, 'its maker only confirms');
    await sql`UPDATE registry.role_assignment SET ended_at = now() WHERE person_id = ${personId} AND role = 'security-officer'`.execute(
      world.context.db,
    );
    await world.two.refuse(approvalId, securityOfficer, 'Chưa gặp trực tiếp');
    const own = await phone.call('GET', 'enrolment');
    assert.deepEqual([own.json.state, own.json.previous.reason], ['none', 'Chưa gặp trực tiếp']);
  });

  test('W2: a registration is answered once, within its sign-in session, by its person', async () => {
    const [, personId = '', otherId = ''] = principals;
    const phone = new TestPhone(world, personId);
    const post = (person: string, body: object, session?: string) =>
      world.call(person, 'POST', '/api/v1/signing/enrolment', body, session);
    for (const [person, session] of [
      [otherId, undefined],
      [personId, 'another browser'],
    ] as const) {
      const answer = await phone.answer(await phone.options());
      assert.equal((await post(person, answer, session)).json.code, 'signing/ceremony-over');
      assert.equal((await post(personId, answer)).json.code, 'signing/ceremony-over', 'and it is used up');
    }
    const answer = await phone.answer(await phone.options());
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(personId, answer)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array.from({ length: 9 }, () => 400)]);
    await phone.call('POST', 'enrolment/revoke', { reason: 'replaced' });
  });

  for (const [rule, tampering] of [
    ['another type', { type: 'webauthn.get' }],
    ['another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['inside a foreign frame', { crossOrigin: true }],
    ['under a foreign top page', { topOrigin: 'https://evil.example' }],
    ['no user present', { flags: 4 }],
    ['no user verified (W5)', { flags: 1 }],
    ['backed up but not eligible', { flags: 1 | 4 | 16 }],
    ['an algorithm that was not offered', { algorithm: -8 }],
    ['a credential id longer than 1023 bytes', { credentialId: Buffer.alloc(1024, 3) }],
  ] as const) {
    test(`W1: a registration with ${rule} is refused`, async () => {
      const phone = new TestPhone(world, principals[1] ?? '');
      const answer = await phone.answer(await phone.options(), tampering);
      const { status, json } = await phone.call('POST', 'enrolment', answer);
      assert.equal(status, 400);
      assert.ok(['signing/passkey-refused', 'request/invalid'].includes(json.code), json.code);
    });
  }

  test('W1: a passkey that is registered already is refused', async () => {
    const phone = new TestPhone(world, principals[1] ?? '');
    const { rows } = await sql<{ credential_id: string }>`SELECT credential_id FROM signing.enrolment LIMIT 1`.execute(
      world.context.db,
    );
    const taken = Buffer.from(rows[0]?.credential_id ?? '', 'base64url');
    assert.equal(
      (await phone.call('POST', 'enrolment', await phone.answer(await phone.options(), { credentialId: taken })))
        .status,
      409,
    );
  });

  test('W6: junk for an attestation is a 400', async () => {
    const phone = new TestPhone(world, principals[1] ?? '');
    const deep = `${'81'.repeat(2000)}00`; // CBOR: arrays nested 2,000 deep
    for (const hex of [
      '',
      'ff',
      deep,
      'a3'.repeat(20),
      `bb${'ff'.repeat(8)}`,
      '5bffffffffffffffff',
      'a2616101616102',
    ]) {
      const answer = (await phone.answer(await phone.options())) as { attestation: { response: object } };
      answer.attestation.response = {
        ...answer.attestation.response,
        attestationObject: Buffer.from(hex, 'hex').toString('base64url'),
      };
      assert.equal((await phone.call('POST', 'enrolment', answer)).status, 400, hex.slice(0, 40));
    }
  });

  test('a key without its proof of possession, of another curve or half a set is refused', async () => {
    const phone = new TestPhone(world, principals[1] ?? '');
    const b64 = (bytes: Buffer) => bytes.toString('base64url');
    const spoiled: ((answer: Record<string, string>, challenge: string, id: string) => object)[] = [
      () => ({ proofOfPossession: b64(Buffer.alloc(64, 1)) }),
      () => ({ proofOfPossession: undefined }),
      () => ({ wrappedPrivateKey: undefined }),
      () => ({ publicKeySpki: b64(Buffer.from('not a key')) }),
      (_answer, challenge, id) => {
        const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
        const text = Buffer.from(possessionText(challenge, id));
        return {
          publicKeySpki: b64(publicKey.export({ format: 'der', type: 'spki' })),
          proofOfPossession: b64(sign('sha256', text, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
        };
      },
    ];
    for (const spoil of spoiled) {
      const options = await phone.options();
      const answer = (await phone.answer(options)) as Record<string, string> & { attestation: { id: string } };
      const { json } = await phone.call('POST', 'enrolment', {
        ...answer,
        ...spoil(answer, options.options.challenge, answer.attestation.id),
      });
      assert.equal(json.code, 'signing/no-possession');
    }
  });

  test('only signers enrol', async () => {
    const teacher = new TestPhone(world, world.city.schools[0]?.teacherIds.at(-1) ?? ''); // of no class of her own
    assert.equal((await teacher.call('POST', 'enrolment/options')).status, 403);
    assert.equal(
      (await world.app.inject({ method: 'POST', url: '/api/v1/signing/enrolment/options' })).statusCode,
      401,
    );
  });

  test('who leaves, or whose certificate an officer revokes, is no signer any more', async () => {
    const [, personId = '', leaverId = ''] = principals;
    const { context } = world;
    for (const id of [personId, leaverId]) await new TestPhone(world, id).enrolAndApprove();
    await context.db
      .transaction()
      .execute((tx) => leave(tx, leaverId, { actor: { kind: 'system', name: 'cli' }, today: '2026-11-23' }));
    const follower = enrolmentFollower(context);
    const stateOf = async (id: string) =>
      signingOf(context.db)
        .selectFrom('signing.enrolment')
        .select(['id', 'state', 'reason'])
        .where('person_id', '=', id)
        .orderBy('id', 'desc')
        .executeTakeFirstOrThrow();
    const left = await eventually(async () => {
      await readOutboxOnce(context.db, follower);
      const state = await stateOf(leaverId);
      assert.deepEqual([state.state, state.reason], ['revoked', 'left']);
      return state;
    });
    assert.equal((await stateOf(personId)).state, 'enrolled');
    await revokeCertificateOf(context, left.id); // the job, once more
    const { securityOfficer, administrator } = world.city.people;
    const { id } = await stateOf(personId);
    const proposed = await world.call(securityOfficer, 'POST', `/api/v1/signing/enrolments/${id}/revoke`, {
      reason: 'lost',
    });
    assert.equal(proposed.status, 202, JSON.stringify(proposed.json));
    const { rows } = await sql<{ reason: string }>`
      SELECT c.revocation_reason AS reason FROM signing.enrolment AS e JOIN certs.certificate AS c ON c.serial = e.certificate_serial
      WHERE e.id = ${id}`.execute(context.db);
    assert.equal(rows[0]?.reason, 'certificateHold', 'nothing is signed with it from now on');
    await world.two.both(proposed.json.approval.id, securityOfficer, administrator);
    assert.equal((await stateOf(personId)).state, 'revoked');
  });
});
