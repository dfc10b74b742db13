import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { revokeCertificate } from '@edutrust/certs/authority';
import { startWorker } from '@edutrust/platform/jobs';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { type Session, type TestCity, TestPhone, testCity } from '../../testing/city.ts';
import { independentWitnesses } from '../../testing/witnesses.ts';
import { verifyFile } from '../public-verification/verify.ts';
import { signingOf } from '../tables.ts';
import { validatePdf } from '../validation/validation.ts';
import { authorise } from './authorise.ts';
import { completeSession } from './complete.ts';
import { code4Of } from './list.ts';
import { forgetSessions } from './purge.ts';

describe('signing on the phone', () => {
  let world: TestCity;
  let phone: TestPhone;

  before(async () => {
    world = await testCity();
    for (const school of [0, 1, 2]) await world.passToPrincipal(school);
    phone = new TestPhone(world, world.city.people.principal);
    await phone.enrolAndApprove();
  });
  after(() => world[Symbol.asyncDispose]());

  /** Fresh requests that wait for the principal, made from the next learners of the class. */
  const nextRequests = (count: number) => world.nextForPrincipal(0, count);

  const principalActor = () =>
    ({
      kind: 'person',
      personId: phone.personId,
      sessionId: `session of ${phone.personId}`,
      roles: [],
      acr: '',
      authenticatedAt: new Date(),
    }) as const;

  async function rowOf(requestId: string) {
    return signingOf(world.context.db)
      .selectFrom('signing.request')
      .selectAll()
      .where('id', '=', requestId)
      .executeTakeFirstOrThrow();
  }

  /** The step that is due, or was last. */
  async function stepOf(requestId: string) {
    return signingOf(world.context.db)
      .selectFrom('signing.step')
      .selectAll()
      .where('request_id', '=', requestId)
      .where('role', '=', 'principal')
      .executeTakeFirstOrThrow();
  }
  const refusalOf = async (session: Session, confirmation: object) => {
    const { status, json } = await phone.confirm(session, confirmation);
    assert.ok(status >= 400, `accepted: ${JSON.stringify(json)}`);
    for (const { requestId } of session.items) assert.equal((await rowOf(requestId)).state, 'waiting');
    return json.code as string;
  };

  test('the story: an enrolled principal confirms once; the files are signed, stamped, logged, and valid for openssl and pdfsig too', async () => {
    const [first, second] = await phone.inbox();
    assert.ok(first && second);
    const session = await phone.open([first.id, second.id]);
    assert.equal(createHash('sha256').update(session.list).digest('base64url'), session.assertionOptions.challenge);
    assert.equal(session.code4, code4Of(createHash('sha256').update(session.list).digest()));
    const seen = await world.call(world.city.people.schoolAdministrator, 'GET', `/api/v1/signing/requests/${first.id}`);
    assert.equal(seen.json.code4, session.code4, 'the requester sees the same four digits');
    const before = (await phone.call('GET', `requests/${first.id}/document`)).body;

    const { status, json } = await phone.confirm(session, await phone.confirmation(session));
    assert.equal(status, 200, JSON.stringify(json));
    assert.deepEqual(
      [json.state, ...json.items.map((item: { state: string }) => item.state)],
      ['completed', 'signed', 'signed'],
    );
    const { body } = await phone.call('GET', `requests/${first.id}/document`);
    assert.ok(body.subarray(0, before.length).equals(before), 'the original stays as it was, byte for byte');
    const report = await verifyFile(world.context, body);
    assert.equal(report.verdict, 'valid', JSON.stringify(report.reasons.concat(report.signatures[0]?.reasons ?? [])));
    assert.deepEqual([report.unchanged.answer, report.trusted.answer], ['yes', 'yes']);
    assert.equal(report.signatures[0]?.level, 'B-T');
    assert.equal(report.document?.code, first.code);
    const key = world.context.ledger.key('signatures');
    assert.deepEqual([report.signatures[0]?.log?.status, report.signatures[0]?.log?.origin], ['proven', key.origin]);
    const statusWith = async (logs: readonly { origin: string; publicKey: Buffer }[]) =>
      (await validatePdf(body, { anchors: [], logs })).signatures[0]?.log?.status;
    assert.equal(await statusWith([]), 'unchecked', 'a log that is not known here');
    assert.equal(await statusWith([{ origin: key.origin, publicKey: randomBytes(32) }]), 'wrong', 'another key');
    assert.equal((await world.context.ledger.verify('signatures')).intact, true);
    assert.equal((await world.context.ledger.verify('audit')).intact, true);
    await independentWitnesses(world, body);
    const flipped = Buffer.from(body);
    flipped[1000] = (flipped[1000] ?? 0) ^ 1;
    assert.notEqual((await verifyFile(world.context, flipped)).verdict, 'valid');
  });

  test('a phone without PRF signs with the key store, and only once its assertion is there', async () => {
    const principal = world.city.schools[1]?.principalId ?? '';
    const plain = new TestPhone(world, principal, { hasPrf: false });
    await plain.enrolAndApprove();
    const [request] = await plain.inbox();
    assert.ok(request);
    const session = await plain.open([request.id]);
    assert.equal(session.custody, 'hsm');
    assert.equal(session.wrappedKey, null);
    assert.equal(await completeSession(world.context, session.id), false, 'nothing is authorised yet');
    const { json } = await plain.confirm(session, await plain.confirmation(session));
    assert.equal(json.items?.[0]?.state, 'signed', JSON.stringify(json));
    const { body } = await plain.call('GET', `requests/${request.id}/document`);
    assert.equal((await verifyFile(world.context, body)).verdict, 'valid');
  });

  test('K4: an assertion for one session confirms no other, although the same documents are in it', async () => {
    const ids = await nextRequests(1);
    const earlier = await phone.open(ids);
    const captured = await phone.confirmation(earlier);
    const later = await phone.open(ids);
    assert.equal(await refusalOf(later, captured), 'signing/passkey-refused');
    assert.equal(await refusalOf(earlier, captured), 'signing/session-expired');
  });

  test('K4: signatures over another document are refused although the assertion is right', async () => {
    const [one = '', other = ''] = await nextRequests(2);
    const forOther = (await phone.confirmation(await phone.open([other]))) as { signatures: { signature: string }[] };
    const session = await phone.open([one]);
    const { assertion, drawn } = (await phone.confirmation(session)) as { assertion: object; drawn: object[] };
    const signatures = [{ requestId: one, signature: forOther.signatures[0]?.signature }];
    const { json } = await phone.confirm(session, { assertion, signatures, drawn });
    assert.equal(json.items[0].error.code, 'signing/wrong-signature');
    assert.equal((await rowOf(one)).state, 'waiting');
    assert.equal((await stepOf(one)).session_id, null, 'it can be signed again');
  });

  test('E13: where the database had no time for one file the session stays as it is, and the phone that asks again signs', async () => {
    const ids = await nextRequests(2);
    const session = await phone.open(ids);
    const { pool } = world.context;
    const connect = pool.connect.bind(pool);
    let isBusy = true;
    pool.connect = ((...given: []) => {
      if (!isBusy) return connect(...given);
      isBusy = false;
      return Promise.reject(new Error('timeout exceeded when trying to connect')); // as the pool says it
    }) as typeof pool.connect;
    try {
      const { status, json } = await phone.call('GET', `sessions/${session.id}/documents/${ids[0]}`);
      assert.deepEqual([status, json.code], [503, 'database/unavailable']);
      isBusy = true;
      const { json: done } = await phone.confirm(session, await phone.confirmation(session));
      assert.ok(!isBusy);
      assert.deepEqual(
        done.items?.map(({ state }: { state: string }) => state),
        ['signed', 'signed'],
        JSON.stringify(done),
      );
    } finally {
      pool.connect = connect;
    }
  });

  test('V15: a phone that drew another document, or none, signs nothing, and the prepared file is the signer’s alone', async () => {
    const ids = await nextRequests(2);
    const [one = '', other = ''] = ids;
    const drawnOf = async (session: Session) =>
      (await phone.confirmation(session)) as { drawn: { requestId: string; digestHex: string; pages: number }[] };
    const first = await phone.open(ids);
    const both = await drawnOf(first);
    const [digestOfOne, digestOfOther] = both.drawn.map(({ digestHex }) => digestHex);
    assert.deepEqual(
      [digestOfOne, digestOfOther],
      first.items.map(({ digestHex }) => digestHex),
      'the very bytes',
    );
    const swapped = both.drawn.map((entry, index) => ({
      ...entry,
      digestHex: [digestOfOther, digestOfOne][index] ?? '',
    }));
    assert.equal(await refusalOf(first, { ...both, drawn: swapped }), 'signing/not-drawn');
    const second = await phone.open(ids);
    const missing = await drawnOf(second);
    assert.equal(await refusalOf(second, { ...missing, drawn: missing.drawn.slice(1) }), 'signing/not-drawn');
    const third = await phone.open([one]);
    const path = `sessions/${third.id}/documents`;
    assert.equal((await phone.call('GET', `${path}/${one}`)).status, 200);
    assert.equal((await phone.call('GET', `${path}/${other}`)).status, 404, 'not in this session');
    const stranger = world.city.schools[1]?.principalId ?? '';
    assert.equal((await world.call(stranger, 'GET', `/api/v1/signing/${path}/${one}`)).status, 404);
    const elsewhere = await world.call(phone.personId, 'GET', `/api/v1/signing/${path}/${one}`, undefined, 'other');
    assert.equal(elsewhere.status, 404, 'another sign-in of the same person');
    const confirmation = await drawnOf(third);
    await phone.confirm(third, confirmation);
    const { drawn } = await signingOf(world.context.db)
      .selectFrom('signing.session')
      .select('drawn')
      .where('id', '=', third.id)
      .executeTakeFirstOrThrow();
    assert.deepEqual(drawn, confirmation.drawn, 'what was drawn is evidence');
    assert.equal((await phone.call('GET', `${path}/${one}`)).status, 404, 'used up');
  });

  test('K4: who has the database and its secrets still has no key of a phone', async () => {
    const row = await signingOf(world.context.db)
      .selectFrom('signing.enrolment')
      .selectAll()
      .where('person_id', '=', phone.personId)
      .executeTakeFirstOrThrow();
    assert.equal(row.key_id, null);
    const { rows } = await sql<{ count: number }>`
      SELECT count(*) FROM certs.key WHERE public_key = ${row.public_key_spki}`.execute(world.context.db);
    assert.equal(rows[0]?.count, 0);
    assert.throws(() => world.context.secrets.decrypt(row.wrapped_private_key ?? Buffer.alloc(0), 'certs.key/signer'));
    // Somebody else's authenticator has another PRF: the blob does not open.
    const thief = new TestPhone(world, phone.personId);
    const session = await phone.open(await nextRequests(1));
    await assert.rejects(thief.confirmation(session));
  });

  test('W2, W4: a session belongs to its person and sign-in session, and lives five minutes', async () => {
    const session = await phone.open(await nextRequests(1));
    const confirmation = await phone.confirmation(session);
    const path = `/api/v1/signing/sessions/${session.id}/confirm`;
    const stranger = await world.call(world.city.schools[1]?.principalId ?? '', 'POST', path, confirmation);
    assert.equal(stranger.status, 404);
    const elsewhere = await world.call(phone.personId, 'POST', path, confirmation, 'another browser');
    assert.equal(elsewhere.status, 404);
    await sql`UPDATE signing.session SET expires_at = now() - interval '1 second' WHERE id = ${session.id}`.execute(
      world.context.db,
    );
    assert.equal(await refusalOf(session, confirmation), 'signing/session-expired');
    assert.equal(await refusalOf(session, confirmation), 'signing/session-expired');
  });

  for (const [rule, tampering] of [
    ['another type', { type: 'webauthn.create' }],
    ['another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['inside a foreign frame', { crossOrigin: true }],
    ['under a foreign top page', { topOrigin: 'https://evil.example' }],
    ['no user present', { flags: 4 }],
    ['no user verified (W5)', { flags: 1 }],
    ['backed up but not eligible', { flags: 1 | 4 | 16 }],
    ["somebody else's user handle (W4)", { userHandle: Buffer.alloc(16, 7).toString('base64url') }],
    ['another credential (W4)', { credentialId: Buffer.alloc(32, 7) }],
  ] as const) {
    test(`W1: an assertion with ${rule} signs nothing, and its session is used up (W2)`, async () => {
      const [request] = await phone.inbox();
      const session = await phone.open([request?.id ?? '']);
      const confirmation = await phone.confirmation(session, tampering);
      assert.equal(await refusalOf(session, confirmation), 'signing/passkey-refused');
      assert.equal(await refusalOf(session, await phone.confirmation(session)), 'signing/session-used');
    });
  }

  test('W3: a counter that goes back signs nothing and leaves an event; a counter of zero is accepted', async () => {
    const [one = '', other = ''] = await nextRequests(2);
    const forward = await phone.open([one]);
    assert.equal(
      (await phone.confirm(forward, await phone.confirmation(forward, { counter: 7 }))).json.items[0].state,
      'signed',
    );
    const back = await phone.open([other]);
    assert.equal(await refusalOf(back, await phone.confirmation(back, { counter: 7 })), 'signing/counter-decreased');
    const { rows } = await sql<{ data: { code: string } }>`
      SELECT data FROM platform.outbox WHERE type = 'signing-session.refused' AND subject_id = ${back.id}`.execute(
      world.context.db,
    );
    assert.equal(rows[0]?.data.code, 'signing/counter-decreased');
    phone.authenticator.counter = 8;
  });

  test('the same confirmation sent twenty times at once signs once, and everyone gets the same answer', async () => {
    const ids = await nextRequests(2);
    phone.authenticator.counter += 1;
    const session = await phone.open(ids);
    const confirmation = await phone.confirmation(session);
    const answers = await Promise.all(Array.from({ length: 20 }, () => phone.confirm(session, confirmation)));
    assert.deepEqual(
      [...new Set(answers.map(({ status }) => status))],
      [200],
      JSON.stringify(answers.map(({ json }) => json.code)),
    );
    assert.equal(new Set(answers.map(({ json }) => JSON.stringify(json))).size, 1);
    const { rows } = await sql<{ leaves: number; events: number; stamps: number }>`
      SELECT
        (SELECT count(*) FROM platform.ledger_entry AS l JOIN signing.session_item AS i
          ON l.leaf = convert_to(i.leaf, 'UTF8') WHERE i.session_id = ${session.id}) AS leaves,
        (SELECT count(*) FROM platform.outbox WHERE type = 'signing-request.signed' AND data ->> 'sessionId' = ${session.id}) AS events`.execute(
      world.context.db,
    );
    assert.deepEqual([rows[0]?.leaves, rows[0]?.events], [2, 2]);
  });

  test('two sessions over one request: one signs it, the other is told so', async () => {
    const ids = await nextRequests(1);
    phone.authenticator.counter += 1;
    const session = await phone.open(ids);
    // The second is opened by the same person from another sign-in; opening closes the first one's challenge.
    const again = await phone.open(ids);
    assert.equal(await refusalOf(session, await phone.confirmation(session)), 'signing/session-expired');
    assert.equal((await phone.confirm(again, await phone.confirmation(again))).json.items[0].state, 'signed');
    const { json } = await phone.call('POST', 'sessions', { requestIds: ids });
    assert.equal(json.code, 'signing/not-waiting');
  });

  test("somebody else's request cannot be put into a session, nor an unknown one", async () => {
    const { rows } = await sql<{ id: string }>`
      SELECT id FROM signing.request WHERE signer_id <> ${phone.personId} LIMIT 1`.execute(world.context.db);
    for (const id of [rows[0]?.id, '01900000-0000-7000-8000-000000000000']) {
      assert.equal((await phone.call('POST', 'sessions', { requestIds: [id] })).status, 404);
    }
  });

  test('what is authorised can be neither rejected nor withdrawn; what was rejected is not signed', async () => {
    const [one = '', other = ''] = await nextRequests(2);
    await sql`UPDATE signing.step SET session_id = gen_random_uuid() WHERE request_id = ${one} AND state = 'due'`.execute(
      world.context.db,
    );
    const rejection = await phone.call('POST', `requests/${one}/reject`, { reason: 'Sai điểm Toán' });
    assert.equal(rejection.json.code, 'signing/being-signed');
    await sql`UPDATE signing.step SET session_id = NULL WHERE request_id = ${one} AND state = 'due'`.execute(
      world.context.db,
    );
    phone.authenticator.counter += 1;
    const session = await phone.open([one, other]);
    assert.equal((await phone.call('POST', `requests/${other}/reject`, { reason: 'Sai điểm Toán' })).status, 200);
    const { json } = await phone.confirm(session, await phone.confirmation(session));
    assert.deepEqual(
      json.items.map((item: { state: string; error: { code: string } | null }) => [item.state, item.error?.code]),
      [
        ['signed', undefined],
        ['failed', 'signing/not-waiting'],
      ],
    );
  });

  test('files prepared for a session that expired are let go of', async () => {
    const session = await phone.open(await nextRequests(1));
    await sql`UPDATE signing.session SET expires_at = now() - interval '1 second' WHERE id = ${session.id}`.execute(
      world.context.db,
    );
    await forgetSessions(world.context);
    const item = await signingOf(world.context.db)
      .selectFrom('signing.session_item')
      .select('prepared')
      .where('session_id', '=', session.id)
      .executeTakeFirstOrThrow();
    assert.equal(item.prepared, null);
  });

  test('no event and no leaf carries a name or an education ID (L5)', async () => {
    const { rows } = await sql<{ found: number }>`
      SELECT count(*) AS found FROM platform.ledger_entry AS l, registry.person AS p
      WHERE (l.type LIKE 'signing%' OR l.log = 'signatures')
        AND (l.data::text LIKE '%' || p.education_id || '%' OR l.data::text LIKE '%' || p.full_name || '%'
          OR convert_from(coalesce(l.leaf, ''), 'UTF8') LIKE '%' || p.education_id || '%')`.execute(world.context.db);
    assert.equal(rows[0]?.found, 0);
  });

  test('a certificate that an officer revoked signs nothing, although the session was opened before', async () => {
    const principal = world.city.schools[2]?.principalId ?? '';
    const other = new TestPhone(world, principal);
    await other.enrolAndApprove();
    const [request] = await other.inbox();
    const session = await other.open([request?.id ?? '']);
    const confirmation = await other.confirmation(session);
    const { json } = await other.call('GET', 'enrolment');
    await revokeCertificate(world.context, json.certificate.serial.toLowerCase(), 'keyCompromise', {
      kind: 'system',
      name: 'cli',
    });
    assert.equal((await other.confirm(session, confirmation)).json.code, 'signing/certificate-revoked');
    assert.equal((await rowOf(request?.id ?? '')).state, 'waiting');
  });

  test('revoked between the confirmation and the stamp: nothing is signed, and the request waits again', async () => {
    const [id = ''] = await nextRequests(1);
    phone.authenticator.counter += 1;
    const session = await phone.open([id]);
    const confirmation = (await phone.confirmation(session)) as Parameters<typeof authorise>[2];
    await authorise(world.context, session.id, confirmation, principalActor());
    await sql`UPDATE signing.enrolment SET state = 'revoked' WHERE person_id = ${phone.personId} AND state = 'enrolled'`.execute(
      world.context.db,
    );
    const { json } = await phone.confirm(session, confirmation);
    assert.equal(json.items?.[0]?.error?.code, 'signing/certificate-revoked', JSON.stringify(json));
    const step = await stepOf(id);
    assert.deepEqual([step.state, step.session_id], ['due', null]);
    await sql`UPDATE signing.enrolment SET state = 'enrolled' WHERE person_id = ${phone.personId} AND state = 'revoked'`.execute(
      world.context.db,
    );
  });

  test('what a process left behind after the confirmation is completed by the job', async () => {
    const ids = await nextRequests(1);
    phone.authenticator.counter += 1;
    const session = await phone.open(ids);
    const confirmation = (await phone.confirmation(session)) as Parameters<typeof authorise>[2];
    await authorise(world.context, session.id, confirmation, principalActor());
    const { pool, log } = world.context;
    const worker = await startWorker({ pool, handlers: world.service.tasks ?? {}, concurrency: 1, log });
    try {
      await eventually(async () => assert.equal((await rowOf(ids[0] ?? '')).state, 'signed'));
    } finally {
      await worker.stop();
    }
    assert.equal((await phone.confirm(session, confirmation)).json.items[0].state, 'signed', 'the phone asks again');
  });

  test('a batch of twenty is one confirmation, costs the phone its share of 3 MB a class, and its log proves every one', async (context) => {
    const { administratorId = '', principalId = '', classIds } = world.city.schools[1] ?? {};
    const batch = new TestPhone(world, principalId);
    await world.call(principalId, 'POST', '/api/v1/signing/enrolment/revoke', { reason: 'replaced' });
    await batch.enrolAndApprove();
    await world.askFor(administratorId, { classId: classIds?.at(-1) });
    await world.passToPrincipal(1);
    const ids = (await batch.inbox()).slice(0, 20).map(({ id }) => id);
    assert.equal(ids.length, 20);
    const started = performance.now();
    const session = await batch.open(ids);
    const opened = performance.now();
    let sentBytes = 0;
    for (const { requestId } of session.items) {
      const answer = await world.app.inject({
        url: `/api/v1/signing/sessions/${session.id}/documents/${requestId}`,
        headers: { 'x-person': principalId, 'x-session': `session of ${principalId}`, 'accept-encoding': 'gzip, br' },
      });
      assert.equal(answer.headers['content-encoding'], 'gzip');
      sentBytes += answer.rawPayload.length;
    }
    const ofClass = (sentBytes / session.items.length) * 31;
    context.diagnostic(`a class of 31 costs the phone ${Math.round(ofClass / 1000)} kB`);
    assert.ok(ofClass <= 3_000_000, `${ofClass} bytes`);
    const { json } = await batch.confirm(session, await batch.confirmation(session));
    context.diagnostic(
      `opened in ${Math.round(opened - started)} ms, signed in ${Math.round(performance.now() - opened)} ms`,
    );
    assert.ok(
      json.items.every(({ state }: { state: string }) => state === 'signed'),
      JSON.stringify(json),
    );
  });

  test('a revoked phone signs nothing from that moment on, and another can be enrolled', async () => {
    const session = await phone.open(await nextRequests(1));
    phone.authenticator.counter += 1;
    const confirmation = await phone.confirmation(session);
    assert.equal((await phone.call('POST', 'enrolment/revoke', { reason: 'lost' })).json.state, 'none');
    assert.equal(await refusalOf(session, confirmation), 'signing/session-expired');
    assert.equal(
      (await phone.call('POST', 'sessions', { requestIds: [session.items[0]?.requestId] })).json.code,
      'signing/not-enrolled',
    );
    const { rows } = await sql<{ reason: string }>`
      SELECT c.revocation_reason AS reason FROM certs.certificate AS c JOIN signing.enrolment AS e ON e.certificate_serial = c.serial
      WHERE e.person_id = ${phone.personId}`.execute(world.context.db);
    assert.equal(rows[0]?.reason, 'keyCompromise');
    const successor = new TestPhone(world, phone.personId);
    await successor.enrolAndApprove();
    const [request] = await successor.inbox();
    const next = await successor.open([request?.id ?? '']);
    assert.equal((await successor.confirm(next, await successor.confirmation(next))).json.items[0].state, 'signed');
  });
});
