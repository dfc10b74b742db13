import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { approvalKinds, composeApp, loadPages, openContext, serviceNames } from '@edutrust/edutrust/app';
import { approvalPasskeys } from '@edutrust/idp/passkeys';
import type { Actor } from '@edutrust/platform/actor';
import { readConfig } from '@edutrust/platform/config';
import type { HttpServer } from '@edutrust/platform/http';
import { mustBeApproved, recordCredentialAct } from '@edutrust/registry/approvals';
import { type DemoCity, seedDemo as seedCity } from '@edutrust/registry/demo';
import { rolesOf } from '@edutrust/registry/permissions';
import { type TwoPeople, twoPeople } from '@edutrust/registry/testing/two-people';
import { TestAuthenticator } from '@edutrust/testing/authenticator';
import { testDatabase } from '@edutrust/testing/database';
import type pg from 'pg';
import { pino } from 'pino';

type Context = Awaited<ReturnType<typeof openContext>>;

/** What nobody alone may gain; compared before and after each attempt. */
interface Gains {
  readonly roles: number;
  readonly certificates: number;
  readonly revoked: number;
  readonly anchors: number;
  readonly signed: number;
  readonly merged: number;
  readonly codes: number;
}

/**
 * Q3: one rogue person alone (a department administrator, a security officer, a school administrator, an operator with SQL
 * and without the key) tries what takes two. Each attempt is one line; whatever it answers, nothing may have been gained.
 */
describe('Q3: nobody alone', () => {
  const stack = new AsyncDisposableStack();
  let context: Context;
  let pool: pg.Pool;
  let app: HttpServer;
  let tasks: Record<string, (payload: { [key: string]: string }) => Promise<void>>;
  let two: TwoPeople;
  let city: DemoCity;
  let administrator: string;
  let officer: string;
  let school: string;
  let schoolAdministrator: string;
  let principal: string;
  let puppet: string;

  before(async () => {
    const database = stack.use(await testDatabase([]));
    pool = database.pool;
    const directory = await mkdtemp(join(tmpdir(), 'edutrust-attacks-'));
    stack.defer(() => rm(directory, { recursive: true, force: true }));
    await writeFile(join(directory, 'secret.key'), '5a'.repeat(32));
    const config = readConfig({
      DATABASE_URL: database.url,
      EDUTRUST_SECRET_FILE: join(directory, 'secret.key'),
      EDUTRUST_DATA: join(directory, 'var'),
    });
    context = await openContext(config, pino({ level: 'silent' }), { serves: false });
    stack.defer(() => context.close());
    const { ensureAuthorities } = await import('@edutrust/certs/authority');
    await ensureAuthorities(context);
    city = await seedCity(context);
    const composed = await composeApp(context, serviceNames, await loadPages(), {
      authenticate: async ({ headers }): Promise<Actor | null> => {
        const personId = headers['x-person'];
        if (typeof personId !== 'string') return null;
        return {
          kind: 'person',
          personId,
          sessionId: `session of ${personId}`,
          roles: await rolesOf(context, personId),
          acr: 'passkey',
          authenticatedAt: new Date(),
        };
      },
    });
    app = composed.app;
    tasks = Object.assign({}, ...composed.services.map((service) => service.tasks ?? {}));
    await app.ready();
    stack.defer(() => app.close());
    two = twoPeople(context, approvalKinds);
    ({ administrator, securityOfficer: officer, schoolAdministrator, principal } = city.people);
    school = city.schools[0]?.id ?? '';
    const made = await call(administrator, 'POST', '/people', {
      fullName: 'Lê Văn Rối',
      affiliations: [{ organisationId: city.departmentId, role: 'staff' }],
      organisationId: city.departmentId,
      role: 'staff',
    });
    puppet = made.json?.id ?? city.schools[1]?.teacherIds[3] ?? '';
  });
  after(() => stack.disposeAsync());

  async function call(person: string, method: 'GET' | 'POST' | 'DELETE' | 'PATCH', path: string, body?: object) {
    const answer = await app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { 'x-person': person, 'sec-fetch-site': 'same-origin' },
      ...(body ? { payload: body } : {}),
    });
    return { status: answer.statusCode, json: answer.body ? answer.json() : undefined };
  }

  async function gains(): Promise<Gains> {
    const { rows } = await pool.query<Gains>(`
      SELECT (SELECT count(*) FROM registry.role_assignment WHERE ended_at IS NULL
          AND role IN ('department-administrator', 'security-officer', 'auditor', 'signer', 'clerk'))::int AS roles,
        (SELECT count(*) FROM certs.certificate WHERE state = 'issued' AND profile IN ('official', 'seal'))::int AS certificates,
        (SELECT count(*) FROM certs.certificate WHERE revoked_at IS NOT NULL AND revocation_reason <> 'certificateHold')::int AS revoked,
        (SELECT count(*) FROM certs.anchor WHERE ended_at IS NULL)::int AS anchors,
        (SELECT count(*) FROM signing.request WHERE signed_document_id IS NOT NULL)::int AS signed,
        (SELECT count(*) FROM registry.person WHERE status <> 'active')::int AS merged,
        (SELECT count(*) FROM idp.activation AS c JOIN registry.role_assignment AS r ON r.person_id = c.person_id
          WHERE r.ended_at IS NULL AND r.role <> 'teacher')::int AS codes`);
    assert.ok(rows[0]);
    return rows[0];
  }

  let attempts = 0;
  /** The attempt may answer or fail as it likes; nothing may come of it. */
  function attempt(who: string, what: string, work: () => Promise<unknown>): void {
    attempts += 1;
    test(`Q3: ${who}: ${what}`, async () => {
      const before = await gains();
      const outcome = await work().catch((error: { code?: string }) => {
        if (typeof error.code !== 'string') throw error; // a refusal has a code; anything else is a broken test
        return { refused: error.code };
      });
      assert.deepEqual(await gains(), before, JSON.stringify(outcome));
    });
  }

  const proposedBy = async (answer: ReturnType<typeof call>): Promise<string> => {
    const { json, status } = await answer;
    const id = json?.approval?.id ?? json?.approvalId;
    assert.ok(id, `nothing was proposed: ${status} ${JSON.stringify(json)}`);
    return id;
  };
  const grant = (by: string, personId: string, role: string, organisationId = city.departmentId) =>
    call(by, 'POST', '/roles', { personId, role, organisationId });
  const assignment = async (personId: string, role: string): Promise<string> => {
    const { rows } = await pool.query<{ id: string }>(
      'SELECT id FROM registry.role_assignment WHERE person_id = $1 AND role = $2 AND ended_at IS NULL',
      [personId, role],
    );
    return rows[0]?.id ?? '';
  };

  // A department administrator
  const rogue = 'a rogue department administrator';
  for (const role of ['department-administrator', 'security-officer', 'auditor', 'signer', 'clerk']) {
    attempt(rogue, `makes a puppet ${role}`, () => grant(administrator, puppet, role));
    attempt(rogue, `proposes a puppet as ${role}, confirms and approves it too`, async () => {
      const id = await proposedBy(grant(administrator, puppet, role));
      await two.confirm(id, administrator);
      await two.approve(id, administrator);
    });
  }
  attempt(rogue, 'makes themselves a signer', () => grant(administrator, administrator, 'signer', school));
  for (const [whom, name] of [
    [() => principal, 'the principal'],
    [() => officer, 'the security officer'],
    [() => city.people.auditor, 'the auditor'],
    [() => schoolAdministrator, 'a school administrator'],
    [() => administrator, 'themselves'],
  ] as const) {
    attempt(rogue, `makes an activation code for ${name}`, () =>
      call(administrator, 'POST', `/people/${whom()}/activation-code`),
    );
  }
  attempt(rogue, 'proposes a code for the officer and lets a puppet approve it', async () => {
    const id = await proposedBy(call(administrator, 'POST', `/people/${officer}/activation-code`));
    await two.both(id, administrator, puppet);
  });
  attempt(rogue, 'proposes a code for the officer, who is asked to approve what concerns them', async () => {
    const id = await proposedBy(call(administrator, 'POST', `/people/${officer}/activation-code`));
    await two.both(id, administrator, officer);
  });
  attempt(rogue, 'ends the role of the officer', async () =>
    call(administrator, 'DELETE', `/roles/${await assignment(officer, 'security-officer')}`),
  );
  attempt(rogue, 'has the officer leave', () => call(administrator, 'POST', `/people/${officer}/leave`));
  attempt(rogue, 'has the auditor leave', () => call(administrator, 'POST', `/people/${city.people.auditor}/leave`));
  attempt(rogue, 'merges the principal into a puppet', () =>
    call(administrator, 'POST', `/people/${principal}/merge`, { into: puppet }),
  );
  attempt(rogue, 'merges a puppet into the officer and approves it', async () => {
    const id = await proposedBy(call(administrator, 'POST', `/people/${puppet}/merge`, { into: officer }));
    await two.both(id, administrator, administrator);
  });
  attempt(rogue, 'asks for a seal and approves it', async () => {
    const id = await proposedBy(
      call(administrator, 'POST', '/certificate-requests', { organisationId: school, custody: 'key-store' }),
    );
    await two.both(id, administrator, administrator);
  });
  attempt(rogue, 'trusts a root', () =>
    call(administrator, 'POST', '/trust-anchors', { name: 'x', certificatePem: 'x', purposes: ['documents'] }),
  );
  attempt(rogue, 'replays the own confirmation as the approval', async () => {
    const id = await proposedBy(grant(administrator, puppet, 'auditor'));
    await two.confirm(id, administrator).catch(() => undefined); // it may be confirmed already
    const { rows } = await pool.query('SELECT assertion FROM registry.approval_act WHERE approval_id = $1', [id]);
    return call(administrator, 'POST', `/approvals/${id}/approve`, { assertion: rows[0]?.assertion });
  });

  // A security officer
  const guard = 'a rogue security officer';
  attempt(guard, 'grants a role', () => grant(officer, puppet, 'signer', school));
  attempt(guard, 'makes an activation code', () => call(officer, 'POST', `/people/${principal}/activation-code`));
  attempt(guard, 'asks for a seal and approves it', async () => {
    const id = await proposedBy(
      call(officer, 'POST', '/certificate-requests', { organisationId: school, custody: 'key-store' }),
    );
    await two.both(id, officer, officer);
  });
  attempt(guard, "confirms an administrator's proposal in their place, and approves it", async () => {
    const id = await proposedBy(grant(administrator, puppet, 'clerk', school));
    await two.confirm(id, officer);
    await two.approve(id, officer);
  });
  attempt(guard, 'approves what its maker has not confirmed', async () => {
    const id = await proposedBy(
      grant(administrator, city.schools[1]?.teacherIds[0] ?? '', 'signer', city.schools[1]?.id),
    );
    await two.approve(id, officer);
  });
  attempt(guard, 'approves for an administrator who made their code today', async () => {
    await context.db
      .transaction()
      .execute((transaction) =>
        recordCredentialAct(transaction, { personId: officer, byId: administrator, kind: 'code-made', at: new Date() }),
      );
    const id = await proposedBy(
      grant(administrator, city.schools[1]?.teacherIds[1] ?? '', 'signer', city.schools[1]?.id),
    );
    await two.both(id, administrator, officer).finally(() => pool.query('DELETE FROM registry.credential_act'));
  });
  attempt(guard, 'ends the role of the administrator', async () =>
    call(officer, 'DELETE', `/roles/${await assignment(administrator, 'department-administrator')}`),
  );

  // A school administrator
  const clerk = 'a rogue school administrator';
  attempt(clerk, 'makes a teacher a signer', () => grant(schoolAdministrator, city.people.teacher, 'signer', school));
  attempt(clerk, 'makes a stranger a teacher of the own school', () =>
    grant(schoolAdministrator, city.schools[2]?.principalId ?? '', 'teacher', school),
  );
  attempt(clerk, 'makes a code for their own principal', () =>
    call(schoolAdministrator, 'POST', `/people/${principal}/activation-code`),
  );
  attempt(clerk, 'asks for the seal of the school and approves it', async () => {
    const id = await proposedBy(
      call(schoolAdministrator, 'POST', '/certificate-requests', { organisationId: school, custody: 'key-store' }),
    );
    await two.both(id, schoolAdministrator, schoolAdministrator);
  });
  attempt(clerk, "approves an administrator's proposal about the own school", async () => {
    const id = await proposedBy(grant(administrator, city.people.teacher, 'signer', school));
    await two.both(id, administrator, schoolAdministrator);
  });
  attempt(clerk, 'has the principal leave', () => call(schoolAdministrator, 'POST', `/people/${principal}/leave`));
  test('Q3: a rogue school administrator: sees nothing of what waits for the department', async () => {
    const id = await proposedBy(grant(administrator, puppet, 'auditor'));
    for (const path of ['', '/evidence'])
      assert.equal((await call(schoolAdministrator, 'GET', `/approvals/${id}${path}`)).status, 404);
    for (const path of ['/options', '/withdraw', '/collect'])
      assert.equal((await call(schoolAdministrator, 'POST', `/approvals/${id}${path}`)).status, 404);
  });

  // An operator with SQL and without the key
  const operator = 'an operator with SQL';
  const ownKey = () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return publicKey.export({ format: 'der', type: 'spki' });
  };
  /** A genuine proposal about a person who holds nothing. */
  const genuine = async () => {
    const id = await proposedBy(grant(administrator, puppet, 'clerk', city.schools[1]?.id));
    await two.confirm(id, administrator).catch(() => undefined);
    return id;
  };
  const enrolmentRow = (id: string, state: string, spki: Buffer, approvalId: string | null = null) =>
    pool.query(
      `INSERT INTO signing.enrolment (id, person_id, organisation_id, title, state, custody, approval_code, created_at,
         device_name, credential_id, credential_public_key, credential_counter, transports, is_synced, attestation_object, prf_salt,
         public_key_spki, wrapped_private_key, approval_id, decided_at, decided_by)
       VALUES ($1, $2, $3, 'Hiệu trưởng', $4, 'device', '000000', now(), 'x', $5, 'x', 0, '{}', false, 'x', 'x', $6, 'x', $7, now(), $8)`,
      [id, principal, school, state, randomUUID(), spki, approvalId, officer],
    );
  attempt(operator, 'writes a decision into an approval', async () => {
    const id = await genuine();
    await pool.query(
      `UPDATE registry.approval SET state = 'approved', approver_id = $2, attestation = $3 WHERE id = $1`,
      [id, officer, randomBytes(32)],
    );
    const kind = approvalKinds.find((one) => one.kind === 'role.grant');
    assert.ok(kind);
    await assert.rejects(mustBeApproved(context.db, context.secrets, kind, id), { code: 'approvals/none' });
    await pool.query(`UPDATE registry.approval SET state = 'failed', attestation = NULL WHERE id = $1`, [id]);
  });
  attempt(operator, 'alters what was confirmed, with its digest', async () => {
    const id = await genuine();
    await pool.query(
      `UPDATE registry.approval SET envelope = replace(envelope, '"clerk"', '"security-officer"') WHERE id = $1`,
      [id],
    );
    await pool.query('UPDATE registry.approval SET digest = sha256(envelope::bytea) WHERE id = $1', [id]);
    await two.approve(id, officer);
  });
  attempt(operator, 'replaces the confirmation by one of their own passkey', async () => {
    const id = await proposedBy(
      grant(administrator, city.schools[1]?.teacherIds[2] ?? '', 'clerk', city.schools[1]?.id),
    );
    await pool.query(`UPDATE registry.approval SET state = 'confirmed', confirmed_at = now() WHERE id = $1`, [id]);
    const mine = new TestAuthenticator(context.config.url.origin);
    await pool.query(`INSERT INTO registry.approval_act VALUES ($1, 'confirm', $2, now(), $3, $4, '{}', $5, $6)`, [
      id,
      administrator,
      mine.credentialId,
      mine.publicKey,
      randomBytes(32),
      randomBytes(32),
    ]);
    await two.approve(id, officer);
  });
  attempt(operator, 'writes a passkey for the officer into the table', async () => {
    const mine = new TestAuthenticator(context.config.url.origin);
    await pool.query(
      `INSERT INTO idp.account (person_id, status, user_handle, created_at) VALUES ($1, 'active', $2, now())
       ON CONFLICT (person_id) DO UPDATE SET status = 'active'`,
      [officer, randomBytes(32)],
    );
    await pool.query(
      `INSERT INTO idp.passkey (id, person_id, credential_id, public_key, counter, transports, is_synced, name, created_at, attestation)
       VALUES ($1, $2, $3, $4, 0, '{}', true, 'x', now(), $5)`,
      [randomUUID(), officer, mine.credentialId, mine.publicKey, randomBytes(32)],
    );
    assert.deepEqual(await approvalPasskeys(context).passkeysOf(context.db, officer), []);
  });
  attempt(operator, 'puts a phone of their own before the job that issues', async () => {
    const id = randomUUID();
    await enrolmentRow(id, 'ready', ownKey());
    await tasks['signing.issue-certificate']?.({ enrolmentId: id }).finally(() =>
      pool.query('DELETE FROM signing.enrolment WHERE id = $1', [id]),
    );
  });
  attempt(operator, 'gives that phone the id of an approval of something else', async () => {
    const id = randomUUID();
    const { rows } = await pool.query<{ id: string }>('SELECT id FROM registry.approval LIMIT 1');
    await enrolmentRow(id, 'ready', ownKey(), rows[0]?.id);
    await tasks['signing.issue-certificate']?.({ enrolmentId: id }).finally(() =>
      pool.query('DELETE FROM signing.enrolment WHERE id = $1', [id]),
    );
  });
  for (const [what, renews] of [
    ['puts a request for a seal with their own key before the job that issues', null],
    ['says that it renews another certificate', 'ab'.repeat(20)],
  ] as const) {
    attempt(operator, what, async () => {
      const id = randomUUID();
      const key = ownKey();
      await pool.query(
        `INSERT INTO certs.request (id, profile, organisation_id, custody, state, public_key, public_key_sha256, requested_at, renews, requested_by)
         VALUES ($1, 'seal', $2, 'outside', 'approved', $3, $4, now(), $5, $6)`,
        [id, school, key, createHash('sha256').update(key).digest(), renews, administrator],
      );
      await tasks['certs.issue-requested']?.({ requestId: id });
    });
  }
  attempt(operator, 'copies a code of their own to the officer', async () => {
    const own = await call(administrator, 'POST', `/people/${puppet}/activation-code`);
    assert.equal(own.status, 201, JSON.stringify(own.json));
    await pool.query(
      `INSERT INTO idp.account (person_id, status, user_handle, created_at) VALUES ($1, 'active', $2, now())
       ON CONFLICT (person_id) DO NOTHING`,
      [officer, randomBytes(32)],
    );
    await pool.query('UPDATE idp.activation SET person_id = $1 WHERE person_id = $2', [officer, puppet]);
    const opened = await app.inject({
      method: 'POST',
      url: '/activate',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      payload: `code=${own.json.code}`,
    });
    await pool.query('DELETE FROM idp.activation WHERE person_id = $1', [officer]);
    assert.equal(opened.statusCode, 400, 'the code opens nobody who answers for others');
  });

  test('Q3: there are at least forty attempts', () => assert.ok(attempts >= 40, String(attempts)));
});
