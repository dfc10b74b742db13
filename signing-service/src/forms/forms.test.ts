import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { type TestCity, testCity } from '../../testing/city.ts';
import { verifyFile } from '../public-verification/verify.ts';
import { createValidationPool } from '../validation/validation.ts';

const folder = mkdtempSync(join(tmpdir(), 'forms-'));
after(() => rmSync(folder, { recursive: true }));

describe('documents by forms', () => {
  let world: TestCity;
  let school: number;
  let pupil: { id: string; fullName: string; birthDate: string };
  const pool = createValidationPool();
  before(async () => {
    world = await testCity();
    const { rows } = await sql<{ organisation: string; id: string; fullName: string; birthDate: string }>`
      SELECT c.organisation_id AS organisation, p.id, p.full_name AS "fullName", p.birth_date AS "birthDate"
      FROM registry.class AS c JOIN registry.enrolment AS e ON e.class_id = c.id JOIN registry.person AS p ON p.id = e.person_id
      WHERE c.grade = 12 ORDER BY p.id LIMIT 1`.execute(world.context.db);
    const found = rows[0] ?? assert.fail('the demo city has a grade 12');
    pupil = found;
    school = world.city.schools.findIndex(({ id }) => id === found.organisation);
    await world.giveSeal(school);
  });
  after(async () => {
    await pool.close();
    await world[Symbol.asyncDispose]();
  });

  const of = () => world.city.schools[school] ?? assert.fail('a school');
  const path = () => `/api/v1/signing/organisations/${of().id}/forms`;
  const diploma = {
    kind: 'diploma',
    values: {
      graduationYear: '2026',
      mode: 'Chính quy',
      decisionNumber: '318/QĐ-SGDĐT',
      decisionDate: '2026-07-15',
    },
  };
  const make = (wish: object, person = of().administratorId) =>
    world.call(person, 'POST', path(), { id: randomUUID(), personId: pupil.id, ...wish });
  const issue = async (id: string) => {
    for (const [who, purpose] of [
      [of().principalId, 'sign'],
      [of().clerkId ?? '', 'seal'],
    ] as const) {
      const phone = await world.phoneOf(who);
      const session = await phone.open([id], purpose);
      const { json } = await phone.confirm(session, await phone.confirmation(session));
      assert.deepEqual(
        json.items.map(({ state }: { state: string }) => state),
        ['signed'],
        JSON.stringify(json),
      );
    }
  };
  const byCode = async (code: string) =>
    (await world.app.inject({ method: 'GET', url: `/api/v1/verify/${code}` })).json();
  const lookUp = async (change: object = {}) => {
    const asked = {
      number: '01/THPT',
      year: new Date().getFullYear(),
      fullName: pupil.fullName,
      birthDate: pupil.birthDate,
    };
    const answer = await world.app.inject({
      method: 'POST',
      url: '/api/v1/verify/diplomas',
      payload: { ...asked, ...change },
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    return answer.json();
  };
  /** What the page for everybody says. */
  const askPage = async (change: object = {}) => {
    const typed = { number: '1', year: `${new Date().getFullYear()}`, ...pupil, ...change };
    const { number, year, fullName, birthDate } = typed;
    const answer = await world.app.inject({
      method: 'POST',
      url: '/verify/diploma',
      payload: new URLSearchParams({ number, year, fullName, birthDate }).toString(),
      headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' },
    });
    assert.equal(answer.statusCode, 200, answer.body);
    return /"answer":"([a-z-]+)"/.exec(answer.body)?.[1];
  };
  let first: string;

  test('a diploma is signed by the principal and sealed, numbered in its register, valid to our judge, and found by what stands on it', async () => {
    const { json, status } = await make(diploma);
    assert.equal(status, 201, JSON.stringify(json));
    first = json.id;
    assert.deepEqual(
      json.steps.map(({ role, state }: Record<string, string>) => `${role} ${state}`),
      ['principal due', 'school-seal pending'],
    );
    assert.equal((await lookUp()).code, 'forms/no-diploma', 'not before it is issued');
    await issue(first);
    const { body } = await world.call(of().administratorId, 'GET', `/api/v1/signing/requests/${first}/document`);
    const report = await verifyFile(world.context, body, { pool });
    assert.deepEqual(
      [report.verdict, report.signatures.length, report.document?.title],
      ['valid', 2, 'Bằng tốt nghiệp trung học phổ thông'],
    );
    const file = join(folder, 'diploma.pdf');
    writeFileSync(file, body);
    const text = execFileSync('pdftotext', [file, '-'], { encoding: 'utf8' }).replaceAll(/\s+/gu, ' ');
    for (const told of [pupil.fullName, '01/THPT', '318/QĐ-SGDĐT', '15/07/2026', 'Chính quy'])
      assert.ok(text.includes(told), told);
    const saved = join(folder, 'data.json');
    execFileSync('pdfdetach', ['-save', '1', '-o', saved, file]);
    const data = JSON.parse(readFileSync(saved, 'utf8'));
    assert.deepEqual(
      [data.type, data.values.fullName, data.number],
      ['urn:edutrust:form:diploma:1', pupil.fullName, '01/THPT'],
    );
    const found = await lookUp();
    assert.deepEqual([found.state, found.code], ['issued', json.code]);
    assert.ok(!JSON.stringify(found).includes(pupil.fullName), 'who asked knows the name; the answer tells none');
    for (const wrong of [
      { number: '02/THPT' },
      { fullName: 'Trần Văn Khác' },
      { birthDate: '2001-01-01' },
      { year: 2024 },
    ])
      assert.equal((await lookUp(wrong)).code, 'forms/no-diploma', JSON.stringify(wrong));
    assert.equal(await askPage(), 'in-force');
    for (const wrong of [
      { number: '2' },
      { number: 'x' },
      { fullName: 'Khác' },
      { birthDate: 'hôm qua' },
      { year: '' },
    ])
      assert.equal(await askPage(wrong), 'none', 'one answer for everything that is wrong');
  });

  test('a school is offered the forms of the grades that it has', async () => {
    const kindsOf = async (index: number) => {
      const { id, clerkId = '' } = world.city.schools[index] ?? assert.fail('a school');
      const { json } = await world.call(clerkId, 'GET', `/api/v1/signing/organisations/${id}/form-kinds`);
      return json.items.map(({ kind }: { kind: string }) => kind);
    };
    assert.ok((await kindsOf(school)).includes('diploma'));
    const primary = world.city.schools.findIndex((_, index) => index !== school);
    const offered = await kindsOf(primary);
    assert.deepEqual(
      [offered.includes('diploma'), offered.includes('graduation-certificate'), offered.includes('decision')],
      [false, false, true],
    );
  });

  test('nobody has two in force; issued again the new one takes the place of the old', async () => {
    assert.equal((await make(diploma)).json.code, 'forms/in-force');
    const both = await Promise.all([make({ ...diploma, replacesId: first }), make({ ...diploma, replacesId: first })]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409], 'asked twice at once it is one');
    const again = both.find(({ status }) => status === 201)?.json;
    assert.equal((await byCode((await byCode(again.code)).code)).state, 'waiting');
    await issue(again.id);
    const old = (await world.call(of().administratorId, 'GET', `/api/v1/signing/requests/${first}`)).json;
    const said = await byCode(old.code);
    assert.deepEqual([said.state, said.replacedBy], ['replaced', again.code]);
    first = again.id;
  });

  test('a revocation takes who asks and the principal; then nobody takes it for a diploma in force, and a new one can be made', async () => {
    const ask = (person: string, id = first) =>
      world.call(person, 'POST', `/api/v1/signing/requests/${id}/revocation`, {
        form: 'revoke',
        reason: 'Kết quả thi bị huỷ',
        decision: 'Số 12/QĐ-THPT ngày 20/8/2026',
      });
    const stranger = world.city.schools.find(({ id }) => id !== of().id)?.administratorId ?? '';
    assert.equal((await ask(stranger)).status, 403);
    const { json } = await ask(of().administratorId);
    assert.equal(
      (await byCode((await world.call(of().administratorId, 'GET', `/api/v1/signing/requests/${first}`)).json.code))
        .state,
      'issued',
      'one person alone revokes nothing',
    );
    await world.two.both(json.approval.id, of().administratorId, of().principalId);
    const after = (await world.call(of().administratorId, 'GET', `/api/v1/signing/requests/${first}`)).json;
    assert.deepEqual([after.state, after.may], ['revoked', []]);
    assert.equal((await byCode(after.code)).state, 'revoked');
    assert.equal(await askPage(), 'not-in-force');
    const page = await world.app.inject({ method: 'GET', url: `/verify/${after.code}` });
    assert.match(page.body, /thu hồi hoặc huỷ bỏ/);
    assert.equal((await ask(of().administratorId)).json.code, 'forms/not-revocable');
    assert.equal((await make(diploma)).status, 201);
    const register = await world.call(of().administratorId, 'GET', `${path()}?kind=diploma`);
    assert.deepEqual(
      register.json.items.map(({ number, state }: Record<string, string>) => `${number} ${state}`),
      ['03/THPT waiting', '02/THPT revoked', '01/THPT replaced'],
    );
    assert.equal(register.json.items[1].revocation.decision, 'Số 12/QĐ-THPT ngày 20/8/2026');
  });

  test('each form is made from its fields; what is missing, no date, no choice or no field of it is named and nothing is made', async () => {
    const { items } = (await world.call(of().administratorId, 'GET', '/api/v1/signing/forms')).json;
    for (const { kind, isAboutLearner, fields } of items) {
      if (kind === 'diploma') continue;
      const values = Object.fromEntries(
        fields.map(({ key, type }: Record<string, string>) => [
          key,
          type === 'date' ? '2026-07-15' : type === 'lines' ? 'Điều 1. Một.\nĐiều 2. Hai.' : 'Nội dung',
        ]),
      );
      const { status, json } = await make({ kind, values, ...(isAboutLearner ? {} : { personId: undefined }) });
      assert.equal(status, 201, `${kind} ${JSON.stringify(json)}`);
      const first = fields[0].key;
      const wrong = await make({ kind, values: { ...values, [first]: ' ', nothing: 'x' } });
      assert.deepEqual(
        wrong.json.fields.map(({ pointer }: { pointer: string }) => pointer),
        [`/values/${first}`, '/values/nothing'],
      );
    }
    const wrong = await make({ ...diploma, values: { ...diploma.values, decisionDate: '2026-02-30', mode: 'Tự học' } });
    assert.deepEqual(wrong.json.fields.map(({ pointer }: { pointer: string }) => pointer).sort(), [
      '/values/decisionDate',
      '/values/mode',
    ]);
    const outside = world.city.schools.find(({ id }) => id !== of().id);
    const { rows } = await sql<{
      id: string;
    }>`SELECT e.person_id AS id FROM registry.enrolment AS e JOIN registry.class AS c
      ON c.id = e.class_id WHERE c.organisation_id = ${outside?.id} LIMIT 1`.execute(world.context.db);
    assert.equal(
      (await make({ ...diploma, personId: rows[0]?.id })).json.code,
      'forms/no-learner',
      'of another school',
    );
    assert.equal((await make({ ...diploma, personId: undefined })).json.code, 'forms/no-learner');
    assert.equal((await make(diploma, of().principalId)).status, 403, 'who signs does not ask');
  });

  test('sent again it is the same document with the same number', async () => {
    const wish = { id: randomUUID(), kind: 'study-confirmation', values: { requester: 'Bà Mai', purpose: 'vay vốn' } };
    const [once, again] = [await make(wish), await make(wish)];
    assert.equal(again.json.id, once.json.id);
    assert.equal((await make({ ...wish, kind: 'decision' })).json.code, 'forms/wrong-values');
  });
});
