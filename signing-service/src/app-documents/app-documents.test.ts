import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { bearers, type TestCity, testCity } from '../../testing/city.ts';
import { type Office, officeOf } from '../../testing/office.ts';
import { tablePdf } from '../../testing/pdf-files.ts';
import { verifyFile } from '../public-verification/verify.ts';
import { remind } from '../reminders/remind.ts';
import type { AskingApp } from './port.ts';

describe('documents that an app sends by itself', () => {
  const tokens = new Map<string, AskingApp>();
  const subjects = new Map<string, string>();
  let world: TestCity;
  let office: Office;
  let pdf: Buffer;
  /** Of the first school's app, of another app of that school, of an app of another school, and of one without the scope. */
  let own: string;
  let others: readonly string[];

  before(async () => {
    world = await testCity(
      undefined,
      {},
      {
        appOf: bearers(tokens),
        personOf: async (clientId, sub) => subjects.get(`${clientId} ${sub}`),
      },
    );
    office = await officeOf(world);
    pdf = tablePdf();
    own = tokenOf('van-thu-so', office.organisationId);
    others = [
      tokenOf('khac-cung-truong', office.organisationId),
      tokenOf('cua-truong-khac', world.city.schools[1]?.id ?? ''),
      tokenOf('cua-so', world.city.departmentId),
    ];
    subjects.set('van-thu-so hieu-truong', office.principal.personId);
  });
  after(() => world[Symbol.asyncDispose]());

  function tokenOf(clientId: string, organisationId: string, scopes: readonly string[] = ['documents']): string {
    const token = randomBytes(32).toString('base64url');
    tokens.set(token, { clientId, organisationId, scopes });
    return token;
  }

  async function call(token: string | undefined, method: 'GET' | 'POST', path = '', body?: object) {
    const answer = await world.app.inject({
      method,
      url: `/api/v1/app-documents${path}`,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    });
    const isJson = String(answer.headers['content-type']).includes('json');
    return {
      status: answer.statusCode,
      headers: answer.headers,
      bytes: answer.rawPayload,
      json: isJson ? answer.json() : undefined,
    };
  }

  const wish = (more: object = {}) => ({
    key: randomUUID(),
    title: 'Quyết định khen thưởng',
    fileName: 'quyet-dinh.pdf',
    file: pdf.toString('base64'),
    signers: [{ sub: 'hieu-truong' }],
    ...more,
  });

  /** What the outbox says of a document, with who did it and for which app. */
  async function eventsOf(id: string) {
    const { rows } = await sql<{ type: string; app: string | null; actor: { kind: string } }>`
      SELECT type, data->>'app' AS app, actor FROM platform.outbox WHERE subject_id = ${id} ORDER BY position`.execute(
      world.context.db,
    );
    return rows;
  }

  test('it is signed and sealed by people, and the app reads how far it is and the finished file, which verifies', async () => {
    const { status, json: made } = await call(own, 'POST', '', wish({ seal: {} }));
    assert.equal(status, 201, JSON.stringify(made));
    assert.deepEqual(
      [made.state, made.signatures.map(({ purpose, state }: Record<string, string>) => `${purpose} ${state}`)],
      ['waiting', ['sign due', 'seal pending']],
    );
    assert.equal((await call(own, 'GET', `/${made.id}/file`)).json.code, 'signing/not-finished');
    assert.deepEqual(await office.sign(office.principal, [made.id]), ['signed']);
    assert.equal((await call(own, 'GET', `/${made.id}`)).json.state, 'signed');
    assert.deepEqual(await office.sign(office.clerk, [made.id], 'seal'), ['signed']);
    const { json: issued } = await call(own, 'GET', `/${made.id}`);
    const file = await call(own, 'GET', `/${made.id}/file`);
    assert.deepEqual(
      [issued.state, file.status, file.headers['content-type'], createHash('sha256').update(file.bytes).digest('hex')],
      ['issued', 200, 'application/pdf', issued.file.sha256],
    );
    const report = await verifyFile(world.context, file.bytes);
    assert.deepEqual([report.verdict, report.signatures.length], ['valid', 2]);
    const named = [made, issued].map((one) => JSON.stringify(one)).join();
    const { rows } = await sql<{ name: string }>`SELECT full_name AS name FROM registry.person`.execute(
      world.context.db,
    );
    assert.ok(!rows.some(({ name }) => named.includes(name)), 'N2: the app is told nobody’s name');
    const events = await eventsOf(made.id);
    assert.deepEqual(
      events.map(({ type, app }) => `${type} ${app}`).filter((one) => !one.startsWith('signing-request.archived')),
      ['created', 'signed', 'sealed', 'issued'].map((what) => `signing-request.${what} van-thu-so`),
    );
    assert.deepEqual(events[0]?.actor, { kind: 'app', clientId: 'van-thu-so' });
  });

  test('the same question again, also ten at once, is one document with one event; another under its key is refused', async () => {
    const asked = wish();
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(own, 'POST', '', asked)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 200, 200, 200, 200, 201]);
    const id = answers[0]?.json.id;
    assert.ok(answers.every(({ json }) => json.id === id));
    const reordered = Object.fromEntries(Object.entries(asked).reverse());
    assert.deepEqual([(await call(own, 'POST', '', reordered)).status], [200], 'the order of members says nothing');
    assert.equal((await eventsOf(id)).length, 1);
    const { rows } = await sql`
      SELECT FROM signing.document WHERE sha256 = sha256(${pdf}) AND id NOT IN (
        SELECT unsigned_document_id FROM signing.request)`.execute(world.context.db);
    assert.deepEqual(rows, [], 'nothing is left of those who came second');
    const other = await call(own, 'POST', '', { ...asked, title: 'Quyết định kỷ luật' });
    assert.deepEqual([other.status, other.json.code], [409, 'signing/other-document']);
    const ofOther = await call(others[0], 'POST', '', {
      ...asked,
      signers: [{ educationId: await educationIdOf(office.principal.personId) }],
    });
    assert.equal(ofOther.status, 201, 'keys are the app’s own');
    assert.notEqual(ofOther.json.id, id);
  });

  const educationIdOf = async (personId: string): Promise<string> =>
    (
      await sql<{ id: string }>`SELECT education_id AS id FROM registry.person WHERE id = ${personId}`.execute(
        world.context.db,
      )
    ).rows[0]?.id ?? '';

  test('another app, another school’s app, the department’s, a person, nobody: none reads or takes it back', async () => {
    const { json: made } = await call(own, 'POST', '', wish());
    const without = tokenOf('van-thu-so', office.organisationId, ['ssf.read']);
    for (const [token, status] of [
      ...others.map((one) => [one, 404] as const),
      [without, 403] as const,
      [undefined, 401] as const,
      [`${own.slice(0, -1)}${own.endsWith('A') ? 'B' : 'A'}`, 401] as const,
    ])
      for (const [method, path] of [
        ['GET', ''],
        ['GET', '/file'],
        ['POST', '/withdraw'],
      ] as const)
        assert.equal((await call(token, method, `/${made.id}${path}`)).status, status, `${method} ${path} ${status}`);
    assert.equal((await call(own, 'GET', `/${randomUUID()}`)).status, 404, 'as one that there is not');
    // a document that a person asked for is nobody's app's
    const { rows } = await sql<{ id: string }>`SELECT id FROM signing.request WHERE app_id IS NULL LIMIT 1`.execute(
      world.context.db,
    );
    assert.equal((await call(own, 'GET', `/${rows[0]?.id}`)).status, 404);
    tokens.delete(others[0] ?? '');
    assert.equal((await call(others[0], 'GET', `/${made.id}`)).status, 401, 'a token that ended');
  });

  test('it asks for its own organisation and below alone, and signers that hold the role there, whoever it names', async () => {
    const [, elsewhere] = world.city.schools;
    const code = async (token: string | undefined, more: object) =>
      (await call(token, 'POST', '', wish(more))).json.code;
    assert.equal(await code(own, { organisationId: elsewhere?.id }), 'signing/other-organisation');
    assert.equal(await code(own, { organisationId: world.city.departmentId }), 'signing/other-organisation');
    assert.equal(await code(own, { organisationId: randomUUID() }), 'signing/other-organisation');
    const principalElsewhere = await educationIdOf(elsewhere?.principalId ?? '');
    const pupil = await educationIdOf(world.city.people.pupil);
    for (const signer of [
      { educationId: principalElsewhere },
      { educationId: pupil },
      { educationId: '7900000000' },
      { sub: 'of-nobody' },
    ])
      assert.match(
        await code(own, { signers: [signer] }),
        /^signing\/not-a-signer$|^education-id\//,
        JSON.stringify(signer),
      );
    assert.equal(await code(others[1], {}), 'signing/not-a-signer', 'a subject of another app says nothing here');
    assert.equal(await code(own, { signers: [{}] }), 'signing/who-signs');
    assert.equal(
      await code(own, {
        signers: [{ sub: 'hieu-truong' }, { educationId: await educationIdOf(office.principal.personId) }],
      }),
      'signing/same-signer-twice',
    );
    const ofDepartment = await call(others[2], 'POST', '', {
      ...wish({ organisationId: office.organisationId }),
      signers: [{ educationId: await educationIdOf(office.principal.personId) }],
    });
    assert.equal(ofDepartment.status, 201, JSON.stringify(ofDepartment.json));
  });

  test('a file that is none, hostile or too large is refused, and nothing is kept', async () => {
    const before = await sql<{ count: number }>`SELECT count(*)::int FROM signing.document`.execute(world.context.db);
    for (const [file, code] of [
      ['', 'input/invalid'],
      ['JVBERi0=?', 'signing/bad-base64'],
      [Buffer.from('%PDF-1.7 and nothing').toString('base64'), 'signing/unreadable-file'],
    ] as const) {
      const { status, json } = await call(own, 'POST', '', wish({ file }));
      assert.ok(status === 400 && (json.code === code || code === 'input/invalid'), `${file} ${status} ${json.code}`);
    }
    const large = await call(own, 'POST', '', wish({ file: Buffer.alloc(16 * 2 ** 20 + 3).toString('base64') }));
    assert.ok([400, 413].includes(large.status), String(large.status));
    const after = await sql<{ count: number }>`SELECT count(*)::int FROM signing.document`.execute(world.context.db);
    assert.deepEqual(after.rows, before.rows);
  });

  test('refused, withdrawn, overdue, replaced: each is an event of the app, and the app reads it', async () => {
    const { json: sentBack } = await call(own, 'POST', '', wish({ dueAt: '2026-01-01T00:00:00.000Z' }));
    await remind(world.context);
    const path = `/api/v1/signing/requests/${sentBack.id}/reject`;
    const rejected = await world.call(office.principal.personId, 'POST', path, { reason: 'Sai tên' });
    assert.equal(rejected.status, 200, JSON.stringify(rejected.json));
    const { json: read } = await call(own, 'GET', `/${sentBack.id}`);
    assert.deepEqual([read.state, read.reason, read.file], ['rejected', 'Sai tên', null]);
    assert.deepEqual(
      (await eventsOf(sentBack.id)).map(({ type, app }) => `${type} ${app}`),
      ['created', 'overdue', 'rejected'].map((what) => `signing-request.${what} van-thu-so`),
    );

    const { json: taken } = await call(own, 'POST', '', wish());
    for (const round of [1, 2]) {
      const { status, json } = await call(own, 'POST', `/${taken.id}/withdraw`);
      assert.deepEqual([status, json.state], [200, 'withdrawn'], `round ${round}`);
    }
    assert.deepEqual(
      (await eventsOf(taken.id)).map(({ type, actor }) => `${type} ${actor.kind}`),
      ['signing-request.created app', 'signing-request.withdrawn app'],
    );

    const { json: first } = await call(own, 'POST', '', wish());
    const next = (token: string | undefined, signers: object[]) =>
      call(token, 'POST', '', wish({ replacesId: first.id, signers }));
    assert.equal((await next(own, [{ sub: 'hieu-truong' }])).json.code, 'signing/not-replaceable', 'not issued yet');
    await office.sign(office.principal, [first.id]);
    const byOther = await next(others[2], [{ educationId: await educationIdOf(office.principal.personId) }]);
    assert.match(byOther.json.code, /^signing\/not-/, 'another’s document');
    const { json: second } = await next(own, [{ sub: 'hieu-truong' }]);
    await office.sign(office.principal, [second.id]);
    const { json: old } = await call(own, 'GET', `/${first.id}`);
    assert.deepEqual([old.state, old.replacedById], ['replaced', second.id]);
    assert.equal((await call(own, 'GET', `/${first.id}/file`)).status, 200, 'the old one is readable');
    assert.ok(
      (await eventsOf(first.id)).some(({ type, app }) => type === 'signing-request.replaced' && app === 'van-thu-so'),
    );
    assert.equal((await call(own, 'POST', `/${second.id}/withdraw`)).status, 409, 'what is issued stays');
  });

  test('L2: where the event cannot be written nothing is asked for and nothing withdrawn', async () => {
    const { json: made } = await call(own, 'POST', '', wish());
    await world.context.pool.query(`
      CREATE FUNCTION platform.no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
      CREATE TRIGGER no_room BEFORE INSERT ON platform.outbox FOR EACH ROW EXECUTE FUNCTION platform.no_room();`);
    const asked = wish();
    try {
      assert.equal((await call(own, 'POST', '', asked)).status, 500);
      assert.equal((await call(own, 'POST', `/${made.id}/withdraw`)).status, 500);
    } finally {
      await world.context.pool.query('DROP TRIGGER no_room ON platform.outbox; DROP FUNCTION platform.no_room()');
    }
    assert.equal((await call(own, 'GET', `/${made.id}`)).json.state, 'waiting');
    const { rows } = await sql`SELECT FROM signing.request WHERE app_key = ${asked.key}`.execute(world.context.db);
    assert.deepEqual(rows, []);
    assert.equal((await call(own, 'POST', '', asked)).status, 201, 'asked again it is made');
  });

  test('the example in docs/relying-apps.md sends a document and gets the finished file', async () => {
    const docs = await readFile(new URL('../../../docs/relying-apps.md', import.meta.url), 'utf8');
    const code = /```js\n(\/\/ app-documents[\s\S]+?)```/.exec(docs)?.[1] ?? assert.fail('the example is there');
    const { send, finished } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    const issuer = await world.app.listen({ host: '127.0.0.1', port: 0 });
    const api = { issuer, token: own };
    const asked = { key: 'QD-2026-0117', title: 'Quyết định khen thưởng', fileName: 'qd.pdf', bytes: pdf };
    const document = await send(api, { ...asked, signers: [{ sub: 'hieu-truong' }] });
    assert.equal(await finished(api, document.id), undefined, 'not signed yet');
    await office.sign(office.principal, [document.id]);
    assert.equal((await send(api, { ...asked, signers: [{ sub: 'hieu-truong' }] })).id, document.id);
    const { verdict } = await verifyFile(world.context, await finished(api, document.id));
    assert.equal(verdict, 'valid');
  });
});
