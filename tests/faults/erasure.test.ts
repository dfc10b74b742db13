import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { approvalKinds, composeApp, loadPages, openContext, serviceNames } from '@edutrust/edutrust/app';
import { seedDemo as seedAccounts } from '@edutrust/idp/demo';
import { readConfig } from '@edutrust/platform/config';
import { verifyApproval } from '@edutrust/registry/approvals';
import { type DemoCity, seedDemo as seedCity } from '@edutrust/registry/demo';
import { rolesOf } from '@edutrust/registry/permissions';
import { type TwoPeople, twoPeople } from '@edutrust/registry/testing/two-people';
import { seedDemo as seedSigning } from '@edutrust/signing-service/demo';
import { testDatabase } from '@edutrust/testing/database';
import type pg from 'pg';
import { pino } from 'pino';

type Context = Awaited<ReturnType<typeof openContext>>;

/** Nothing else in the city is called so. */
const canaries = {
  name: 'Kanari Thị "Ngọc" Yểu',
  educationId: '',
  email: 'kanari.yeu@example.vn',
  note: 'kanari-ghi-chu',
  wish: 'kanari-mong-muon',
} as Record<string, string>;

/** As it stands inside a text of JSON. */
const escaped = (text: string) => JSON.stringify(text).slice(1, -1);

/** Where the child's name may still stand, and by what right. */
const kept: Readonly<Record<string, string>> = {
  'signing.request': 'the title of an issued document: Decree 88/2026, article 8',
  'signing.session': 'the list of documents of a signing session: evidence of issued documents',
};

describe('erasing a child', () => {
  let context: Context;
  let pool: pg.Pool;
  let city: DemoCity;
  let two: TwoPeople;
  let call: (
    person: string,
    method: 'GET' | 'POST',
    path: string,
    body?: object,
    // biome-ignore lint/suspicious/noExplicitAny: answers of many routes
  ) => Promise<{ status: number; json: any }>;
  let erase: (requestId: string) => Promise<void>;
  const stack = new AsyncDisposableStack();

  before(async () => {
    const database = stack.use(await testDatabase([]));
    ({ pool } = database);
    const directory = await mkdtemp(join(tmpdir(), 'edutrust-erasure-'));
    stack.defer(() => rm(directory, { recursive: true, force: true }));
    await writeFile(join(directory, 'secret.key'), '5a'.repeat(32));
    const config = readConfig({
      DATABASE_URL: database.url,
      EDUTRUST_SECRET_FILE: join(directory, 'secret.key'),
      EDUTRUST_DATA: join(directory, 'var'),
    });
    context = await openContext(config, pino({ level: 'silent' }), { serves: false });
    stack.defer(() => context.close());
    city = await seedCity(context);
    await seedAccounts(context, city);
    await seedSigning(context, city);
    two = twoPeople(context, approvalKinds);
    const { app, services } = await composeApp(context, serviceNames, await loadPages(), {
      authenticate: async ({ headers }) => {
        const personId = String(headers['x-person']);
        const roles = await rolesOf(context, personId);
        return { kind: 'person', personId, sessionId: personId, roles, acr: 'passkey', authenticatedAt: new Date() };
      },
    });
    await app.ready();
    stack.defer(() => app.close());
    call = async (person, method, path, body) => {
      const answer = await app.inject({
        method,
        url: `/api/v1/${path}`,
        headers: { 'x-person': person, 'sec-fetch-site': 'same-origin' },
        ...(body ? { payload: body } : {}),
      });
      return { status: answer.statusCode, json: answer.body ? answer.json() : undefined };
    };
    const task = services.find(({ name, tasks }) => name === 'registry' && tasks?.['registry.erase'])?.tasks?.[
      'registry.erase'
    ];
    assert.ok(task);
    erase = (requestId) => task({ requestId });
  });
  after(() => stack.disposeAsync());

  /** Every table whose rows hold one of the texts, with how many rows. */
  async function tablesWith(texts: readonly string[]): Promise<Map<string, string[]>> {
    const { rows: tables } = await pool.query<{ name: string }>(`
      SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
      WHERE table_type = 'BASE TABLE' AND table_schema IN ('registry', 'idp', 'signing', 'certs', 'sync', 'platform', 'graphile_worker') ORDER BY 1`);
    assert.ok(tables.length > 90, String(tables.length));
    const found = new Map<string, string[]>();
    for (const { name } of tables) {
      // As a row of JSON: once escaped, and twice where a column holds JSON as text.
      const { rows } = await pool.query<{ row: string }>(
        `SELECT left(row, 300) AS row FROM (SELECT to_jsonb(t)::text AS row FROM ${name} AS t) AS t
         WHERE EXISTS (SELECT FROM unnest($1::text[]) AS c WHERE position(c IN row) > 0) LIMIT 3`,
        [texts.flatMap((text) => [escaped(text), escaped(escaped(text))])],
      );
      if (rows.length > 0)
        found.set(
          name,
          rows.map(({ row }) => row),
        );
    }
    return found;
  }

  /** The child's name and marks in every table that can have them, as a year at school leaves them. */
  async function live(child: string, guardian: string, schoolId: string): Promise<void> {
    const { rows } = await pool.query<{ id: string }>('SELECT education_id AS id FROM registry.person WHERE id = $1', [
      child,
    ]);
    canaries.educationId = rows[0]?.id ?? '';
    await pool.query(
      `UPDATE registry.person SET full_name = $2, email = $3, details = jsonb_build_object('note', $4::text), birth_date = '2017-02-28' WHERE id = $1`,
      [child, canaries.name, canaries.email, canaries.note],
    );
    const named = JSON.stringify({ child: canaries.name });
    const statements: [string, unknown[]][] = [
      [
        'INSERT INTO registry.notice (id, person_id, kind, data) VALUES ($1, $2, $3, $4)',
        [randomUUID(), child, 'password.changed', named],
      ],
      [
        'INSERT INTO registry.notice (id, person_id, kind, data) VALUES ($1, $2, $3, $4)',
        [randomUUID(), guardian, 'approval.concerns-you', JSON.stringify({ what: `Về ${canaries.name}` })],
      ],
      [
        `INSERT INTO platform.mail (id, recipient, subject, body) VALUES ($1, $2, $3, $3)`,
        [randomUUID(), canaries.email, JSON.stringify({ vi: 'x', en: 'x' })],
      ],
      [
        `INSERT INTO platform.mail (id, recipient, subject, body) VALUES ($1, 'cha@example.vn', $2, $2)`,
        [randomUUID(), JSON.stringify({ vi: canaries.name, en: canaries.name })],
      ],
      [
        `INSERT INTO registry.local_code (organisation_id, kind, code, person_id) VALUES ($1, 'learner', 'K-77', $2)`,
        [schoolId, child],
      ],
      [`INSERT INTO registry.education_id_alias (education_id, person_id) VALUES ('0000000000', $1)`, [child]],
      [
        `INSERT INTO idp.badge (id, person_id, serial, secret_hash, code_hash, is_stand_in, issued_at, expires_at) VALUES ($1, $2, 'KAN-1', '\\x01', '\\x02', false, now(), now())`,
        [randomUUID(), child],
      ],
    ];
    for (const [text, values] of statements) await pool.query(text, values);
    const plan = randomUUID();
    await pool.query(
      `INSERT INTO registry.roster_plan (id, file_name, file_sha256, organisation_ids, status, totals, created_at, created_by)
       VALUES ($1, 'lop.xlsx', 'x', ARRAY[$2::uuid], 'applied', '{}', now(), '{}')`,
      [plan, schoolId],
    );
    await pool.query(
      `INSERT INTO registry.roster_change (plan_id, row, action, person_id, organisation_id, full_name, fields) VALUES ($1, 1, 'changed', $2, $3, $4, '[]')`,
      [plan, child, schoolId, canaries.name],
    );
    await pool.query(
      `INSERT INTO registry.roster_refusal (plan_id, row, column_name, value, reason) VALUES ($1, 2, 'Họ tên', $2, '{}')`,
      [plan, canaries.name],
    );
    await pool.query(`INSERT INTO registry.roster_undo (plan_id, person_id, before) VALUES ($1, $2, $3)`, [
      plan,
      child,
      named,
    ]);
    const { rows: classes } = await pool.query<{ id: string }>(
      'SELECT class_id AS id FROM registry.enrolment WHERE person_id = $1 LIMIT 1',
      [child],
    );
    await pool.query(
      `INSERT INTO signing.marks_plan (id, class_id, file_name, state, changes, report, made_by, made_at) VALUES ($1, $2, 'diem.xlsx', 'planned', $3, $4, $5, now())`,
      [
        randomUUID(),
        classes[0]?.id,
        JSON.stringify([{ personId: child }, { personId: guardian }]),
        JSON.stringify({ changed: [{ fullName: canaries.name }], refused: [] }),
        guardian,
      ],
    );
    const target = randomUUID();
    await pool.query(
      `INSERT INTO sync.target (id, name, kind, settings, sealed_secret, contract, organisation_id) VALUES ($1, 'LDAP của Sở', 'ldap', '{}', '\\x00', '{}', $2)`,
      [target, city.departmentId],
    );
    const run = randomUUID();
    await pool.query(
      `INSERT INTO sync.run (id, target_id, mode, state, totals, started_at) VALUES ($1, $2, 'apply', 'done', '{}', now())`,
      [run, target],
    );
    await pool.query(
      `INSERT INTO sync.change (run_id, number, action, held, kind, key, person_id, after, of_leaver, state) VALUES ($1, 1, 'add', false, 'person', $2, $3, $4, false, 'done')`,
      [run, canaries.educationId, child, named],
    );
    await pool.query(`INSERT INTO sync.seen_person (target_id, key, fields) VALUES ($1, $2, $3)`, [
      target,
      canaries.educationId,
      named,
    ]);
    await pool.query(
      `INSERT INTO sync.release (recipient_id, person_id, fields, recipient_name, first_at, last_at) VALUES ($1, $2, '{fullName}', 'LDAP của Sở', now(), now())`,
      [target, child],
    );
  }

  test('N4: a guardian asks, the desk and a second person agree, and one job erases the child everywhere; killed half way it goes on; the log and what the law keeps stay', async () => {
    const { guardian, pupil, administrator, securityOfficer } = city.people;
    const [school] = city.schools;
    assert.ok(school);
    await live(pupil, guardian, school.id);
    // One of the child's reports is issued, the other came to nothing; a merge named the child.
    await pool.query(`UPDATE signing.request SET title = 'Học bạ của ' || $2 WHERE subject_id = $1`, [
      pupil,
      canaries.name,
    ]);
    await pool.query(
      `UPDATE signing.request SET state = 'issued', closed_at = now(), signed_document_id = unsigned_document_id WHERE id = (SELECT id FROM signing.request WHERE subject_id = $1 LIMIT 1)`,
      [pupil],
    );
    const { rows: issued } = await pool.query('SELECT id FROM signing.request WHERE subject_id = $1', [pupil]);
    assert.ok(issued.length > 0);
    await pool.query(
      `INSERT INTO signing.request (id, kind, title, organisation_id, class_id, subject_id, signer_id, signer_title, state, code, unsigned_document_id, created_at)
       SELECT gen_random_uuid(), kind, title, organisation_id, class_id, subject_id, signer_id, signer_title, 'withdrawn', 'kanari-code', unsigned_document_id, created_at
       FROM signing.request WHERE subject_id = $1 LIMIT 1`,
      [pupil],
    );
    const { json: duplicate } = await call(administrator, 'POST', 'people', {
      fullName: canaries.name,
      organisationId: school.id,
      role: 'learner',
    });
    const merging = await call(administrator, 'POST', `people/${duplicate.id}/merge`, { into: pupil });
    await two.both(merging.json.approval.id, administrator, securityOfficer);

    const kinds = await call(guardian, 'POST', 'account/data-requests', {
      subjectId: pupil,
      kind: 'erase',
      wish: canaries.wish,
    });
    assert.equal(kinds.status, 201, JSON.stringify(kinds.json));
    const requestId: string = kinds.json.id;
    const again = await call(guardian, 'POST', 'account/data-requests', { subjectId: pupil, kind: 'erase', wish: '' });
    assert.deepEqual([again.status, again.json.code], [409, 'data-requests/open']);
    const own = await call(pupil, 'POST', 'account/data-requests', { subjectId: pupil, kind: 'erase', wish: '' });
    assert.deepEqual([own.status, own.json.code], [403, 'data-requests/guardians-decide'], 'a child does not');
    const stranger = city.schools[1]?.teacherIds[0] ?? '';
    const foreign = await call(stranger, 'POST', 'account/data-requests', {
      subjectId: pupil,
      kind: 'erase',
      wish: '',
    });
    assert.equal(foreign.status, 404);
    const theirs = await call(stranger, 'POST', `account/data-requests/${requestId}/withdraw`, {});
    assert.equal(theirs.status, 404, 'nobody else withdraws it');

    const other = city.schools[1]?.administratorId ?? '';
    assert.equal((await call(other, 'GET', `data-requests/${requestId}`)).status, 403, 'the other school sees nothing');
    assert.equal((await call(other, 'GET', 'data-requests')).json.items.length, 0);
    const { schoolAdministrator } = city.people;
    assert.equal((await call(schoolAdministrator, 'POST', `data-requests/${requestId}/acknowledge`, {})).status, 204);
    const needed = await call(schoolAdministrator, 'POST', `data-requests/${requestId}/erasure`, {});
    assert.deepEqual(
      [needed.status, needed.json.code],
      [409, 'data-requests/still-needed'],
      'the child still learns here',
    );
    assert.equal((await call(schoolAdministrator, 'POST', `people/${pupil}/leave`, {})).status, 200);
    const alone = await call(schoolAdministrator, 'POST', `data-requests/${requestId}/answer`, {
      state: 'done',
      answer: 'xong',
    });
    assert.deepEqual([alone.status, alone.json.code], [409, 'data-requests/by-two'], 'nobody erases alone');
    const shown = await call(schoolAdministrator, 'GET', `data-requests/${requestId}`);
    assert.ok(shown.json.wouldKeep.length > 0, 'the desk reads what stays by law');
    const proposed = await call(schoolAdministrator, 'POST', `data-requests/${requestId}/erasure`, {});
    assert.equal(proposed.status, 202, JSON.stringify(proposed.json));
    const approvalId: string = proposed.json.approval.id;

    const before = await tablesWith([canaries.name ?? '']);
    for (const table of [
      'registry.person',
      'registry.notice',
      'registry.approval',
      'registry.roster_change',
      'registry.roster_refusal',
      'registry.roster_undo',
      'platform.mail',
      'signing.request',
      'signing.marks_plan',
      'sync.change',
      'sync.seen_person',
    ])
      assert.ok(before.has(table), `the test plants nothing in ${table}`);
    await two.both(approvalId, schoolAdministrator, securityOfficer);
    assert.equal(
      (await call(administrator, 'GET', `people?q=${encodeURIComponent('Kanari')}`)).json.items.length,
      0,
      'gone from the moment two agreed',
    );

    // It dies half way, after some steps were done.
    await pool.query(`CREATE FUNCTION pg_temp_dies() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'killed'; END $$;
      CREATE TRIGGER dies BEFORE DELETE ON idp.account FOR EACH STATEMENT EXECUTE FUNCTION pg_temp_dies()`);
    await assert.rejects(erase(requestId));
    const half = await call(administrator, 'GET', `data-requests/${requestId}`);
    assert.equal(half.json.state, 'erasing');
    await pool.query('DROP TRIGGER dies ON idp.account; DROP FUNCTION pg_temp_dies()');
    await erase(requestId);
    await erase(requestId); // a job runs at least once

    const over = await call(administrator, 'GET', `data-requests/${requestId}`);
    assert.equal(over.json.state, 'done', JSON.stringify(over.json));
    assert.ok(over.json.outcome.recipients.includes('LDAP của Sở'), 'the desk knows whom to tell');
    assert.ok(
      over.json.outcome.kept.some(({ what }: { what: { vi: string } }) => /học bạ/.test(what.vi)),
      'and what stayed',
    );
    const codes = over.json.outcome.erased.map(({ code }: { code: string }) => code);
    assert.equal(new Set(codes).size, codes.length, 'no step twice');

    const left = await tablesWith(Object.values(canaries));
    assert.deepEqual(
      [...left].filter(([table]) => !(table in kept)),
      [],
      'the child is still named here',
    );
    const { rows: withIssued } = await pool.query(`SELECT state FROM signing.request WHERE subject_id = $1`, [pupil]);
    assert.deepEqual(
      withIssued.map(({ state }) => state),
      issued.map(() => 'issued'),
      'what was issued is kept, the rest is gone',
    );

    await context.ledger.integrate();
    for (const log of ['audit', 'accesses'] as const) {
      const verdict = await context.ledger.verify(log, { witnessed: [] });
      assert.equal(verdict.intact, true, log);
    }
    const evidence = await verifyApproval(context, merging.json.approval.id);
    assert.equal(evidence.isValid, true, JSON.stringify(evidence.checks));
    assert.equal((await verifyApproval(context, approvalId)).isValid, true);
    const page = await call(administrator, 'GET', `approvals/${merging.json.approval.id}`);
    assert.equal(page.status, 200);
    assert.equal(
      (await call(administrator, 'POST', `people/${pupil}/transfer`, { organisationId: school.id })).status,
      404,
    );
  });

  test('Q4: an act whose text somebody emptied by SQL does not verify: the log has to say that it was erased', async () => {
    const { administrator, securityOfficer, auditor } = city.people;
    const role = await call(administrator, 'POST', 'roles', {
      personId: auditor,
      role: 'signer',
      organisationId: city.departmentId,
    });
    assert.equal(role.status, 202, JSON.stringify(role.json));
    await two.both(role.json.approval.id, administrator, securityOfficer);
    const { id } = role.json.approval;
    await context.ledger.integrate();
    assert.equal((await verifyApproval(context, id)).isValid, true);
    await pool.query(`UPDATE registry.approval SET envelope = '', erased_at = now() WHERE id = $1`, [id]);
    const { isValid, checks } = await verifyApproval(context, id);
    assert.equal(isValid, false);
    assert.deepEqual(
      checks.filter(({ isRight }) => !isRight).map(({ check }) => check),
      ['digest'],
    );
  });
});
