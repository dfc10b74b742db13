import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startWorker } from '@edutrust/platform/jobs';
import { readOutboxOnce } from '@edutrust/platform/outbox';
import { endRole } from '@edutrust/registry/permissions';
import { giveRole } from '@edutrust/registry/testing/give-role';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { openTestCity, type TestCity } from '../../testing/city.ts';
import { ensureAuthorities, listAuthorities, revokeCertificate } from '../authority/authority.ts';
import { toPem } from '../certificate/certificate.ts';
import { keyStore } from '../key-store/key-store.ts';
import { newestRevocationList } from '../revocation/revocation-list.ts';
import { certsOf } from '../tables.ts';
import { issueRequested } from './issue.ts';
import { revokeOfFormerSigners, signerFollower } from './subscriber.ts';

const system = { kind: 'system', name: 'setup' } as const;

describe('certificates on request', () => {
  let world: TestCity;
  let school: string;
  let otherSchool: string;

  before(async () => {
    world = await openTestCity();
    [school = '', otherSchool = ''] = world.city.schools.map(({ id }) => id);
  });
  after(() => world[Symbol.asyncDispose]());

  const rowOf = (id: string) =>
    certsOf(world.context.db).selectFrom('certs.request').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

  /** openssl checks the issued certificate against root, authority and the newest lists. */
  async function opensslAccepts(pem: string): Promise<string> {
    const [leaf = '', people = '', root = ''] = pem.split(/(?<=-----END CERTIFICATE-----\n)/);
    const lists = await Promise.all(['root', 'people'].map((id) => newestRevocationList(world.context.db, id)));
    world.write('leaf.pem', leaf);
    world.write('people.pem', people);
    world.write('root.pem', root);
    world.write('lists.pem', lists.map((list) => toPem(list?.der ?? Buffer.alloc(0), 'X509 CRL')).join(''));
    const files = '-CAfile root.pem -untrusted people.pem -CRLfile lists.pem leaf.pem'.split(' ');
    assert.match(world.openssl('verify', '-x509_strict', '-crl_check_all', ...files), /OK/);
    return world.openssl('x509', '-in', 'leaf.pem', '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus');
  }

  test('a school’s seal for the key in its token: asked, approved by another officer, issued under the registry’s name; openssl accepts it', async () => {
    const csr = world.makeCsr();
    const { administratorId = '' } = world.city.schools[0] ?? {};
    const asked = await world.ask({ organisationId: school, custody: 'outside', csr }, administratorId);
    assert.equal(asked.status, 201, asked.text);
    const { id, key, subject, state } = asked.json;
    assert.equal(state, 'waiting');
    assert.equal(
      subject,
      'CN=Trường Tiểu học Lê Lợi, organizationIdentifier=OI:VN-TH001, O=Trường Tiểu học Lê Lợi, C=VN',
    );
    const spki = new X509Certificate(world.openssl('req', '-x509', '-key', 'token.key', '-subj', '/CN=x')).publicKey;
    const sha256 = createHash('sha256')
      .update(spki.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    assert.deepEqual(key, { kind: 'ECDSA P-256', sha256 });
    const again = await world.ask({ organisationId: school, custody: 'outside', csr }, administratorId);
    assert.equal(again.json.id, id, 'asked twice, one request');
    const early = await world.call(administratorId, 'GET', `certificate-requests/${id}/certificate`);
    assert.equal(early.json.code, 'certificate-requests/not-issued');

    const approved = await world.decide(id, 'approve');
    assert.equal(approved.json.state, 'issued', approved.text);
    const { text } = await world.call(administratorId, 'GET', `certificate-requests/${id}/certificate`);
    const shown = await opensslAccepts(text);
    for (const part of ['organizationIdentifier=OI:VN-TH001', 'CN=Trường Tiểu học Lê Lợi', 'Non Repudiation'])
      assert.ok(shown.includes(part), `${part} in ${shown}`);
    assert.ok(!shown.includes('Ai cung duoc'), 'the subject of the request is of no account');
    assert.ok(new X509Certificate(text).publicKey.equals(spki));
    // every step has its event, with identifiers only
    const { rows } = await sql<{ type: string; data: object }>`
      SELECT type, data FROM platform.outbox WHERE subject_id = ${id} ORDER BY position`.execute(world.context.db);
    assert.deepEqual(
      rows.map(({ type }) => type),
      ['certificate-request.created', 'certificate-request.approved', 'certificate-request.issued'],
    );
    assert.ok(!JSON.stringify(rows).includes('Lê Lợi'));
  });

  test('a seal whose key is in the key store: made at the approval, for sealing alone', async () => {
    const { json } = await world.ask({ organisationId: otherSchool, custody: 'key-store' });
    assert.deepEqual([json.key, json.state], [null, 'waiting']);
    assert.equal((await world.ask({ organisationId: otherSchool, custody: 'key-store' })).json.id, json.id);
    const { json: done } = await world.decide(json.id, 'approve');
    assert.equal(done.state, 'issued');
    const { key_id, public_key } = await rowOf(json.id);
    const keys = keyStore(world.context);
    const signature = await keys.sign(world.context.db, key_id ?? '', 'seal', Buffer.from('học bạ'));
    assert.ok(signature.length > 60 && public_key);
    await assert.rejects(keys.sign(world.context.db, key_id ?? '', 'signer', Buffer.from('x')), {
      code: 'keys/no-key',
    });
    await opensslAccepts(
      (await world.call(world.city.people.auditor, 'GET', `certificate-requests/${json.id}/certificate`)).text,
    );
  });

  test('a signer’s certificate for the key in their own token', async () => {
    const { principal } = world.city.people;
    const csr = world.makeCsr('-newkey rsa:3072');
    const { schoolAdministrator } = world.city.people;
    const wrong = await world.ask({ organisationId: school, personId: schoolAdministrator, custody: 'outside', csr });
    assert.equal(wrong.json.code, 'certificate-requests/not-a-signer');
    const { json } = await world.ask({ organisationId: school, personId: principal, custody: 'outside', csr });
    assert.equal(json.key.kind, 'RSA 3072');
    assert.match(json.subject, /^CN=.+, serialNumber=EI:VN-\d{10}, title=Hiệu trưởng, O=Trường Tiểu học Lê Lợi, C=VN$/);
    assert.equal((await world.decide(json.id, 'approve')).json.state, 'issued');
    const stored = await world.ask({ organisationId: school, personId: principal, custody: 'key-store' });
    assert.equal(stored.json.code, 'certificate-requests/persons-hold-keys');

    // who signs no more loses it
    const { rows } = await sql<{ id: string }>`
      SELECT id FROM registry.role_assignment WHERE person_id = ${principal} AND role = 'signer' AND ended_at IS NULL`.execute(
      world.context.db,
    );
    await world.context.db.transaction().execute((transaction) => endRole(transaction, rows[0]?.id ?? '', system));
    const follower = signerFollower(world.context);
    const { serial } = (await world.call(world.city.people.auditor, 'GET', `certificate-requests/${json.id}`)).json
      .certificate;
    await eventually(async () => {
      await readOutboxOnce(world.context.db, follower);
      const certificate = await world.call(world.city.people.auditor, 'GET', `certificates/${serial}`);
      assert.deepEqual([certificate.json.status, certificate.json.reason], ['revoked', 'affiliationChanged']);
    });
  });

  test('who signs no more is found at night too, and a suspension becomes final', async () => {
    const { id: organisationId = '', principalId: personId = '' } = world.city.schools[1] ?? {};
    const { json } = await world.ask({ organisationId, personId, custody: 'outside', csr: world.makeCsr() });
    const { json: issued } = await world.decide(json.id, 'approve');
    await revokeCertificate(world.context, issued.certificate.serial, 'certificateHold', system);
    await revokeOfFormerSigners(world.context);
    const state = async () =>
      (await world.call(world.city.people.auditor, 'GET', `certificates/${issued.certificate.serial}`)).json.reason;
    assert.equal(await state(), 'certificateHold', 'still a signer');
    await sql`UPDATE registry.role_assignment SET ended_at = now() WHERE person_id = ${personId} AND role = 'signer'`.execute(
      world.context.db,
    );
    await revokeOfFormerSigners(world.context);
    assert.equal(await state(), 'affiliationChanged');
    // a request that waits shows that there is nobody to certify, and cannot be approved
    const late = await world.ask({ organisationId, personId, custody: 'outside', csr: world.makeCsr() });
    assert.equal(late.json.code, 'certificate-requests/not-a-signer');
  });

  test('two organisations that bring one key: the second is not issued, and its request says why', async () => {
    const csr = world.makeCsr();
    const one = await world.ask({ organisationId: school, custody: 'outside', csr });
    const other = await world.ask({ organisationId: otherSchool, custody: 'outside', csr });
    assert.deepEqual([one.status, other.status], [201, 201]);
    assert.equal((await world.decide(one.json.id, 'approve')).json.state, 'issued');
    assert.equal((await world.decide(other.json.id, 'approve')).json.code, 'certificates/shared-key');
    const row = await rowOf(other.json.id);
    assert.deepEqual([row.state, /chứng thư của người khác/.test(row.reason ?? '')], ['refused', true]);
  });

  test('T5: nobody decides on what they asked for, or on what is for themselves', async () => {
    const { securityOfficer } = world.city.people;
    const own = await world.ask({ organisationId: school, custody: 'key-store' }, securityOfficer);
    assert.equal(
      (await world.decide(own.json.id, 'approve')).json.code,
      'approvals/not-now',
      'its maker only confirms',
    );
    assert.equal((await world.decide(own.json.id, 'refuse')).json.code, 'approvals/own');
    const second = await world.secondOfficer();
    const refused = await world.decide(own.json.id, 'refuse', second);
    assert.deepEqual([refused.json.state, refused.json.reason], ['refused', 'Chưa đối chiếu được khoá']);
    assert.equal((await world.decide(own.json.id, 'approve', second)).json.code, 'approvals/not-now');

    // a signer who is a security officer too, for whom somebody else asked
    const { principalId = '' } = world.city.schools[2] ?? {};
    const { context, city } = world;
    await giveRole(context, { personId: principalId, role: 'security-officer', organisationId: city.departmentId });
    const csr = world.makeCsr();
    const organisationId = world.city.schools[2]?.id ?? '';
    const forThem = await world.ask({ organisationId, personId: principalId, custody: 'outside', csr });
    assert.equal((await world.decide(forThem.json.id, 'approve', principalId)).json.code, 'approvals/concerns-you');
    await assert.rejects(
      sql`UPDATE certs.request SET decided_by = person_id WHERE id = ${forThem.json.id}`.execute(world.context.db),
      /violates check constraint/,
      'the database would not take it either',
    );
    assert.equal((await world.decide(forThem.json.id, 'withdraw')).json.state, 'withdrawn');
  });

  test('T1, T4: a school asks for itself and sees its own; who may not approve cannot', async () => {
    const { administratorId = '' } = world.city.schools[0] ?? {};
    assert.equal((await world.ask({ organisationId: otherSchool, custody: 'key-store' }, administratorId)).status, 403);
    const other = await world.ask({ organisationId: otherSchool, custody: 'outside', csr: world.makeCsr() });
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/certificate'],
    ] as const)
      assert.equal(
        (await world.call(administratorId, method, `certificate-requests/${other.json.id}${path}`)).status,
        403,
        path,
      );
    const { administrator, auditor, teacher, securityOfficer } = world.city.people;
    assert.equal((await world.decide(other.json.id, 'approve', administrator)).json.code, 'approvals/not-now');
    for (const person of [auditor, teacher])
      assert.equal((await world.decide(other.json.id, 'approve', person)).json.code, 'approvals/not-found');
    const mine = await world.call(administratorId, 'GET', 'certificate-requests');
    assert.ok(mine.json.items.length > 0);
    assert.ok(
      mine.json.items.every(({ organisation }: { organisation: { id: string } }) => organisation.id === school),
    );
    const paged = await world.call(securityOfficer, 'GET', 'certificate-requests?limit=1');
    const next = await world.call(
      securityOfficer,
      'GET',
      `certificate-requests?limit=1&cursor=${paged.json.nextCursor}`,
    );
    assert.notEqual(next.json.items[0].id, paged.json.items[0].id);
  });

  test('a request that cannot be used is refused with a sentence in both languages', async () => {
    const good = world.makeCsr();
    const der = Buffer.from(good.replaceAll(/-----[^-]+-----/g, ''), 'base64');
    const forged = Buffer.from(der);
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
    const issued = await world.ask({ organisationId: otherSchool, custody: 'outside', csr: good });
    await world.decide(issued.json.id, 'approve');
    const keyPem = world.openssl('pkey', '-in', 'token.key');
    const cases: readonly (readonly [string, string, string])[] = [
      ['another signature', toPem(forged, 'CERTIFICATE REQUEST'), 'certificates/bad-request'],
      ['RSA 1024', world.makeCsr('-newkey rsa:1024'), 'certificates/bad-request'],
      ['RSA 2048', world.makeCsr('-newkey rsa:2048'), 'certificate-requests/weak-key'],
      ['P-521', world.makeCsr('-newkey ec -pkeyopt ec_paramgen_curve:P-521'), 'certificate-requests/weak-key'],
      ['Ed25519', world.makeCsr('-newkey ed25519'), 'certificate-requests/weak-key'],
      ['another curve', world.makeCsr('-newkey ec -pkeyopt ec_paramgen_curve:secp256k1'), 'certificates/bad-request'],
      ['the key of another school', good, 'certificates/shared-key'],
      ['no PEM', 'xin cấp con dấu', 'certificates/bad-request'],
      ['a certificate', toPem(der), 'certificates/bad-request'],
      ['two of them', good + good, 'certificates/bad-request'],
      ['half of one', good.slice(0, 200), 'certificates/bad-request'],
      ['broken base64', good.replace('MII', 'M*I').replace(/\nM/, '\n*M'), 'certificates/bad-request'],
      ['the private key', keyPem, 'certificate-requests/private-key'],
      ['a long text', 'A'.repeat(900_000), 'certificates/bad-request'],
      ['nothing but spaces', '   ', 'certificates/bad-request'],
      ['nested without end', Buffer.from('30'.repeat(5_000), 'hex').toString('base64'), 'certificates/bad-request'],
    ];
    for (const [what, csr, code] of cases) {
      const answer = await world.ask({ organisationId: school, custody: 'outside', csr });
      assert.equal(answer.json?.code, code, `${what}: ${answer.text.slice(0, 300)}`);
      assert.match(answer.json.detail, /\p{L}.*[.]$/u, what);
      assert.ok(!answer.text.includes(keyPem.slice(40, 80)), 'a private key is never said again');
    }
    const big = await world.ask({ organisationId: school, custody: 'outside', csr: 'A'.repeat(1_048_576) });
    assert.deepEqual([big.status, big.json.code], [413, 'request/too-large']);
    for (const [body, code] of [
      [{ custody: 'outside' }, 'certificate-requests/no-key'],
      [{ custody: 'key-store', csr: good }, 'certificate-requests/two-keys'],
      [{ custody: 'elsewhere' }, 'request/invalid'],
      [{ custody: 'outside', renews: '4'.repeat(40) }, 'certificate-requests/not-renewable'],
    ] as const)
      assert.equal((await world.ask({ organisationId: school, ...body })).json.code, code);
    // base64 of the DER is as good as PEM
    const plain = await world.ask({
      organisationId: otherSchool,
      custody: 'outside',
      csr: Buffer.from(world.makeCsr().replaceAll(/-----[^-]+-----/g, ''), 'base64').toString('base64'),
    });
    assert.equal(plain.status, 201, plain.text);
  });

  test('asked for ten times at once there is one request and one approval, and none that stands for nothing', async () => {
    const csr = world.makeCsr();
    const { administratorId = '' } = world.city.schools[0] ?? {};
    const count = async () =>
      (
        await sql<{ count: number }>`SELECT count(*) FROM registry.approval WHERE kind = 'certificate.issue'`.execute(
          world.context.db,
        )
      ).rows[0]?.count ?? 0;
    const before = await count();
    const asked = await Promise.all(
      Array.from({ length: 10 }, () => world.ask({ organisationId: school, custody: 'outside', csr }, administratorId)),
    );
    assert.equal(new Set(asked.map(({ json }) => json.id)).size, 1, asked.map(({ text }) => text).join());
    assert.equal((await count()) - before, 1);
  });

  test('two approvals at once, ten times over, make one certificate', async () => {
    const second = await world.secondOfficer().catch(() => world.city.schools[0]?.teacherIds[0] ?? '');
    const { json } = await world.ask({ organisationId: school, custody: 'key-store' });
    const { securityOfficer } = world.city.people;
    await world.two.confirm(json.approvalId, json.requestedBy.id);
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        world.two.approve(json.approvalId, index % 2 ? second : securityOfficer),
      ),
    );
    assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1);
    await Promise.all(Array.from({ length: 5 }, () => issueRequested(world.context, json.id)));
    const key = `certificate-request/${json.id}`;
    assert.equal(await world.count(sql`certs.certificate WHERE request_key = ${key} AND state = 'issued'`), 1);
    const { public_key } = await rowOf(json.id);
    assert.equal(await world.count(sql`certs.key WHERE public_key = ${public_key}`), 1);
  });

  test('G1: what was approved before the process died is issued by the job, once', async () => {
    const { json } = await world.ask({ organisationId: school, custody: 'outside', csr: world.makeCsr() });
    const { db, pool, log } = world.context;
    await sql`CREATE FUNCTION certs.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$`.execute(
      db,
    );
    // the certificate is there, and the request does not know it yet: the worst moment to die
    await sql`CREATE TRIGGER fail BEFORE UPDATE ON certs.request FOR EACH ROW WHEN (NEW.state = 'issued') EXECUTE FUNCTION certs.fail()`.execute(
      db,
    );
    const approved = await world.decide(json.id, 'approve');
    assert.deepEqual([approved.status, approved.json.state], [200, 'approved']);
    await sql`DROP TRIGGER fail ON certs.request`.execute(db);
    const worker = await startWorker({ pool, handlers: world.service.tasks ?? {}, concurrency: 2, log });
    try {
      await eventually(async () => assert.equal((await rowOf(json.id)).state, 'issued'));
    } finally {
      await worker.stop();
    }
    const key = `certificate-request/${json.id}`;
    assert.equal(await world.count(sql`certs.certificate WHERE request_key = ${key} AND state = 'issued'`), 1);
    assert.equal(
      await world.count(sql`platform.outbox WHERE type = 'certificate-request.issued' AND subject_id = ${json.id}`),
      1,
    );
  });

  test('G9: when one INSERT or UPDATE fails, nothing is half done', async () => {
    const { db } = world.context;
    const { json } = await world.ask({ organisationId: school, custody: 'key-store' });
    await world.two.confirm(json.approvalId, json.requestedBy.id);
    const snapshot = async () =>
      (
        await sql`SELECT (SELECT jsonb_agg(r ORDER BY id) FROM certs.request AS r) AS requests,
          (SELECT count(*) FROM certs.key) AS keys, (SELECT count(*) FROM platform.outbox) AS events,
          (SELECT count(*) FROM graphile_worker._private_jobs) AS jobs`.execute(db)
      ).rows[0];
    const csr = world.makeCsr();
    for (const [act, action, table] of [
      ['ask', 'INSERT', 'certs.request'],
      ['ask', 'INSERT', 'platform.outbox'],
      ['approve', 'UPDATE', 'certs.request'],
      ['approve', 'INSERT', 'platform.outbox'],
      ['approve', 'INSERT', 'graphile_worker._private_jobs'],
      ['refuse', 'INSERT', 'platform.outbox'],
      ['withdraw', 'INSERT', 'platform.ledger_entry'],
    ] as const) {
      const before = await snapshot();
      await sql`CREATE TRIGGER fail BEFORE ${sql.raw(action)} ON ${sql.table(table)} EXECUTE FUNCTION certs.fail()`.execute(
        db,
      );
      const answer =
        act === 'ask'
          ? await world.ask({ organisationId: school, custody: 'outside', csr })
          : await world.decide(json.id, act);
      await sql`DROP TRIGGER fail ON ${sql.table(table)}`.execute(db);
      assert.equal(answer.status, 500, `${act} without ${action} on ${table}: ${answer.text}`);
      assert.deepEqual(await snapshot(), before, `${act} without ${action} on ${table} left something`);
    }
    assert.equal((await world.decide(json.id, 'approve')).json.state, 'issued');
  });

  test('a key that was compromised after the request was made is not certified, nor by hand in the database', async () => {
    const csr = world.makeCsr();
    const first = await world.ask({ organisationId: school, custody: 'outside', csr });
    const { json } = await world.decide(first.json.id, 'approve');
    const again = await world.ask({ organisationId: school, custody: 'outside', csr, renews: json.certificate.serial });
    await revokeCertificate(world.context, json.certificate.serial, 'keyCompromise', system);
    const refused = await world.decide(again.json.id, 'approve');
    assert.equal(refused.json.code, 'certificates/shared-key');
    assert.equal((await rowOf(again.json.id)).state, 'refused');
    // approved all the same, by hand in the database: there is no evidence of two people
    await sql`UPDATE certs.request SET state = 'approved' WHERE id = ${again.json.id}`.execute(world.context.db);
    await issueRequested(world.context, again.json.id);
    const { state, reason } = await rowOf(again.json.id);
    assert.equal(state, 'failed');
    assert.match(reason ?? '', /bằng chứng/);
  });

  test('the authorities’ own keys are certified for nobody else', async () => {
    await ensureAuthorities(world.context);
    const people = (await listAuthorities(world.context.db)).find(({ id }) => id === 'people');
    const { public_key } = await certsOf(world.context.db)
      .selectFrom('certs.key')
      .select('public_key')
      .where('id', '=', people?.keyId ?? '')
      .executeTakeFirstOrThrow();
    const { makeRequest } = await import('../certificate/request.ts');
    const csr = await makeRequest([['commonName', 'x']], public_key, (bytes) =>
      keyStore(world.context).sign(world.context.db, people?.keyId ?? '', 'ca', bytes),
    );
    const answer = await world.ask({ organisationId: school, custody: 'outside', csr: csr.toString('base64') });
    assert.equal(answer.json.code, 'certificates/shared-key');
  });
});
