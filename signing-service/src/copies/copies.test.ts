import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type TestCity, testCity } from '../../testing/city.ts';
import { type Office, officeOf } from '../../testing/office.ts';
import { verifyFile } from '../public-verification/verify.ts';
import { reportXml } from '../templates/school-report/data-xml.ts';
import { readReport } from '../templates/school-report/read-xml.ts';
import { createValidationPool } from '../validation/validation.ts';

const folder = mkdtempSync(join(tmpdir(), 'copies-'));
after(() => rmSync(folder, { recursive: true }));

/** What poppler reads of a file, and whether it finds a signature in it. */
function readByPoppler(pdf: Buffer): { readonly text: string; readonly signatures: string } {
  const path = join(folder, `${randomUUID()}.pdf`);
  writeFileSync(path, pdf);
  const run = (program: string, ...options: string[]) => {
    try {
      return execFileSync(program, options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      return String((error as { stdout?: string }).stdout); // pdfsig ends with 2 when there is no signature
    }
  };
  return { text: run('pdftotext', '-layout', path, '-'), signatures: run('pdfsig', path) };
}

describe('copies of an issued school report', () => {
  let world: TestCity;
  let office: Office;
  let id: string;
  let waiting: string;
  const pool = createValidationPool();
  before(async () => {
    world = await testCity();
    office = await officeOf(world);
    const ids = await world.nextForPrincipal(0, 2, 'school-report');
    [id = '', waiting = ''] = ids;
    await office.sign(office.principal, [id]);
    await office.sign(office.clerk, [id], 'seal');
  });
  after(async () => {
    await pool.close();
    await world[Symbol.asyncDispose]();
  });

  const order = (wish: object) => ({
    id: randomUUID(),
    form: 'print',
    requester: 'Bà Nguyễn Thị Mai',
    purpose: 'nộp hồ sơ chuyển trường',
    ...wish,
  });
  const make = (wish: object = {}, person = office.clerk.personId, of = id) =>
    world.call(person, 'POST', `/api/v1/signing/requests/${of}/copies`, order(wish));
  const byCode = async (code: string) =>
    (await world.app.inject({ method: 'GET', url: `/api/v1/verify/${code}` })).json();
  const pageOf = async (code: string) => (await world.app.inject({ method: 'GET', url: `/verify/${code}` })).body;

  test('the data of a report is read back as it was written', async () => {
    const { body } = await world.call(
      office.clerk.personId,
      'GET',
      `/api/v1/signing/requests/${id}/document?artefact=data`,
    );
    const report = readReport(body);
    assert.ok(body.toString().includes(reportXml({ ...report, url: '' }).slice('<SchoolReport '.length, 200)));
    assert.ok(report.subjects.length > 5 && report.pupil.fullName.length > 3);
    assert.equal(
      reportXml({ ...readReport(Buffer.from(reportXml({ ...report, url: '' }))), url: '' }),
      reportXml({ ...report, url: '' }),
    );
  });

  test('ten prints at once have ten numbers without a gap, ten codes, and each its own block; sent again it is the same one', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => make()));
    assert.deepEqual([...new Set(made.map(({ status }) => status))], [201], JSON.stringify(made[0]?.json));
    const numbers = made.map(({ json }) => Number.parseInt(json.number, 10)).sort((a, b) => a - b);
    assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.equal(new Set(made.map(({ json }) => json.code)).size, 10);
    const wish = { id: randomUUID() };
    const [once, again] = [await make(wish), await make(wish)];
    assert.deepEqual(again.json, once.json);
    assert.equal(once.json.number, '11/SY');
    assert.equal((await make({ ...wish, form: 'extract' })).json.code, 'copies/other-order');
  });

  test('a print shows every page whole with what Decree 137/2024 asks for below it, carries no signature, and is told from the original by code and file', async () => {
    const { json } = await make();
    const { body } = await world.call(
      office.clerk.personId,
      'GET',
      `/api/v1/signing/requests/${id}/copies/${json.id}/print`,
    );
    const { text, signatures } = readByPoppler(body);
    for (const told of [
      json.number,
      json.code,
      'EduTrust',
      `/verify/${json.code}`,
      '+07:00',
      'Người chuyển đổi',
      'chủ quản',
      'Hiệu trưởng',
    ])
      assert.ok(text.includes(told), `${told} stands on the paper`);
    assert.match(signatures, /does not contain any signatures/);
    const said = await byCode(json.code);
    assert.deepEqual([said.state, said.copy.form, said.copy.number], ['issued', 'print', json.number]);
    assert.equal(said.copy.of, json.sourceCode);
    assert.equal((await byCode(json.sourceCode)).copy, null, 'the original is no copy');
    assert.match(await pageOf(json.code), /không phải bản gốc/);
    assert.notEqual((await verifyFile(world.context, body, { pool })).verdict, 'valid');
  });

  test('an extract holds the rows that were asked for and no others, waits for the clerk, and is valid with the seal alone', async () => {
    const choices = await world.call(office.clerk.personId, 'GET', `/api/v1/signing/requests/${id}/copies`);
    const [first = '', second = ''] = choices.json.subjects;
    const { json, status } = await make({ form: 'extract', subjects: [second] }, office.administrator);
    assert.equal(status, 201, JSON.stringify(json));
    assert.match(json.number, /\/TrS$/);
    assert.equal(json.state, 'signed', 'to be sealed');
    assert.match(await pageOf(json.code), /chưa đóng dấu/);
    assert.deepEqual(await office.sign(office.clerk, [json.extractId], 'seal'), ['signed']);
    const { body } = await world.call(
      office.clerk.personId,
      'GET',
      `/api/v1/signing/requests/${json.extractId}/document`,
    );
    const report = await verifyFile(world.context, body, { pool });
    assert.deepEqual([report.verdict, report.signatures.length, report.document?.copy?.form], ['valid', 1, 'extract']);
    const { text } = readByPoppler(body);
    assert.ok(text.includes(second) && !text.includes(first), text);
    for (const told of ['TRÍCH SAO', json.number, json.sourceCode, 'Bà Nguyễn Thị Mai', 'chuyển trường'])
      assert.ok(text.includes(told), `${told} stands on the extract`);
    assert.match(await pageOf(json.code), /bản trích sao số/);
  });

  test('nobody else copies: not the class teacher, not another school, not of what is not issued, nor of what is not there', async () => {
    const stranger = world.city.schools[1]?.clerkId ?? '';
    assert.equal((await make({}, office.teacher.personId)).status, 403);
    assert.equal((await make({}, stranger)).status, 403);
    assert.equal((await make({}, office.clerk.personId, waiting)).json.code, 'copies/not-issued');
    assert.equal((await make({ form: 'extract', subjects: ['Giả kim'] })).json.code, 'copies/no-such-subject');
    const { json } = await make();
    for (const path of [
      `requests/${id}/copies/${json.id}/print`,
      `requests/${id}/copies`,
      office.path('copies').slice('/api/v1/signing/'.length),
    ])
      assert.equal((await world.call(stranger, 'GET', `/api/v1/signing/${path}`)).status, 403, path);
    const moved = await world.call(
      office.clerk.personId,
      'GET',
      `/api/v1/signing/requests/${waiting}/copies/${json.id}/print`,
    );
    assert.equal(moved.json.code, 'copies/no-copy', 'nor under the name of another document');
    const { json: extract } = await make({ form: 'extract' });
    assert.equal(
      (await make({}, office.clerk.personId, extract.extractId)).json.code,
      'copies/not-issued',
      'no copy of an unsealed extract',
    );
  });

  test('the register lists every copy by its number, and every copy that was numbered is in it', async () => {
    const register = await world.call(office.administrator, 'GET', `${office.path('copies')}?limit=200`);
    const numbers = register.json.items.map(({ number }: { number: string }) => Number.parseInt(number, 10));
    assert.deepEqual(
      numbers,
      numbers.map((_: number, index: number) => numbers.length - index),
    );
    const [one] = register.json.items;
    const page = await world.call(office.administrator, 'GET', `${office.path('copies')}?limit=2&cursor=${one.id}`);
    assert.deepEqual(
      page.json.items.map(({ id: of }: { id: string }) => of),
      register.json.items.slice(1, 3).map(({ id: of }: { id: string }) => of),
    );
  });
});
