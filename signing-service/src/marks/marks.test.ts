import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { writeWorkbook } from '@edutrust/registry/spreadsheets';
import { fc } from '@edutrust/testing/property';
import { sql } from 'kysely';
import { type Answer, type TestCity, testCity } from '../../testing/city.ts';
import { makeGrades } from '../demo/grades.ts';
import { columnsOf, type MarksColumn } from './columns.ts';
import { completenessOf, isComplete } from './completeness.ts';
import { printedMarks } from './printed.ts';
import { type MarkValue, parseValue } from './values.ts';

const grades = Array.from({ length: 12 }, (_, index) => index + 1);

test('each grade has columns of its own, with different keys and headers; a nursery has none', () => {
  for (const grade of grades) {
    const columns = columnsOf(grade);
    assert.equal(new Set(columns.map(({ key }) => key)).size, columns.length);
    assert.equal(new Set(columns.map(({ label }) => label.toLowerCase())).size, columns.length);
    assert.ok(columns.some(({ key }) => key === 'mathematics.year'));
    assert.equal(
      columns.some(({ kind }) => kind === 'test'),
      grade <= 5,
      'periodic tests are primary school’s',
    );
    assert.equal(
      columns.some(({ kind }) => kind === 'mark'),
      grade > 5,
      'marks of ten are secondary school’s',
    );
  }
  for (const grade of [-3, 0, 13, 2.5]) assert.deepEqual(columnsOf(grade), []);
});

test('a cell is read as people and spreadsheets write it, and nothing is rounded or guessed', () => {
  const column = (kind: MarksColumn['kind'], choices: string[] = []): MarksColumn => ({
    key: 'x',
    label: 'x',
    kind,
    choices: choices.map((value) => ({ value })),
    isRequired: true,
  });
  const read = (kind: MarksColumn['kind'], cell: MarkValue | null, choices?: string[]) => {
    const parsed = parseValue(column(kind, choices), cell);
    return parsed.kind === 'value' ? parsed.value : parsed.kind;
  };
  assert.deepEqual(
    ['8,5', '8.5', ' 8.50 ', '10', '10,0', 0, 9, '8,55', '8.', '-1', '10,1', '1e1', '11', 'tám', '8 5', ''].map(
      (cell) => read('mark', cell),
    ),
    [8.5, 8.5, 8.5, 10, 10, 0, 9, 'wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'empty'],
  );
  assert.deepEqual(
    ['9', '9,0', '0', '9,5', '11'].map((cell) => read('test', cell)),
    [9, 9, 'wrong', 'wrong', 'wrong'],
  );
  assert.deepEqual(
    ['Đạt', 'đạt', 'Dat', 'Khá'].map((cell) => read('choice', cell.normalize('NFD'), ['Đạt', 'Chưa đạt'])),
    ['Đạt', 'Đạt', 'wrong', 'wrong'],
  );
  assert.equal(read('text', 'x'.repeat(501)), 'wrong');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), (tenths) => {
      assert.equal(read('mark', String(tenths / 10).replace('.', ',')), tenths / 10);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void read('mark', text)));
});

test('a learner whose marks are whole has a transcript with every subject, and one cell less has none', () => {
  for (const grade of grades) {
    const columns = columnsOf(grade);
    const values = makeGrades('7901234568', columns, grade);
    assert.ok(isComplete(completenessOf(columns, values, grade)), `grade ${grade}`);
    for (const { key } of columns.filter(({ isRequired }) => isRequired)) {
      const { [key]: _gone, ...rest } = values;
      assert.ok(!isComplete(completenessOf(columns, rest, grade)), `${key} of grade ${grade}`);
    }
    const { subjects, columns: titles, results } = printedMarks(columns, values, grade);
    assert.ok(subjects.every(({ marks }) => marks.length === titles.length && marks.some((mark) => mark !== null)));
    assert.ok(results.length >= 2);
  }
});

test('an elective that is begun must be whole, grades 10 to 12 have four, and summer work holds a transcript back', () => {
  const columns = columnsOf(11);
  const values = makeGrades('7901234568', columns, 11);
  const { 'physics.year': _gone, ...withoutOne } = values;
  assert.deepEqual(completenessOf(columns, withoutOne, 11).missing, ['physics.year']);
  const three = Object.fromEntries(Object.entries(values).filter(([key]) => !key.startsWith('physics.')));
  assert.equal(completenessOf(columns, three, 11).electivesShort, 1);
  const held = { ...values, outcome: 'Rèn luyện trong kì nghỉ hè' };
  assert.ok(completenessOf(columns, held, 11).isHeldBack && !isComplete(completenessOf(columns, held, 11)));
});

describe('marks of a class', () => {
  let world: TestCity;
  let classId: string;
  let teacher: string;
  before(async () => {
    world = await testCity();
    const [school] = world.city.schools;
    classId = school?.classIds[0] ?? ''; // the first grade, which the demo gives no marks
    teacher = school?.teacherIds[0] ?? '';
  });
  after(() => world[Symbol.asyncDispose]());

  const path = (id = classId) => `/api/v1/signing/classes/${id}/marks`;
  const sheetOf = async (who = teacher) => (await world.call(who, 'GET', path())).json;
  const whole = (educationId: string) => makeGrades(educationId, columnsOf(1), 1);

  async function upload(who: string, bytes: Buffer | string, id = classId): Promise<Answer> {
    const form = new FormData();
    form.append('file', new Blob([Uint8Array.from(Buffer.from(bytes))]), 'diem-1A.csv');
    const request = new Request('http://localhost/', { method: 'POST', body: form });
    const answer = await world.app.inject({
      method: 'POST',
      url: `${path(id)}/import`,
      headers: {
        'content-type': request.headers.get('content-type') ?? '',
        'x-person': who,
        'x-session': 's',
        'sec-fetch-site': 'same-origin',
      },
      payload: Buffer.from(await request.arrayBuffer()),
    });
    return { status: answer.statusCode, json: answer.json(), body: answer.rawPayload };
  }

  test('T1: the class’s own teacher and the school’s administrator write; other teachers, schools and the department do not', async () => {
    const [first, second] = world.city.schools;
    const sheet = await sheetOf();
    assert.deepEqual([sheet.rows.length, sheet.may], [28, ['write', 'request']]);
    const body = { rows: [{ personId: sheet.rows[0].person.id, version: 0, values: { 'mathematics.term1': 'T' } }] };
    for (const who of [
      first?.teacherIds[1] ?? '',
      first?.teacherIds.at(-1) ?? '',
      first?.principalId ?? '',
      first?.clerkId ?? '',
      second?.administratorId ?? '',
      second?.teacherIds[0] ?? '',
      world.city.people.administrator,
      world.city.people.pupil,
    ]) {
      assert.equal((await world.call(who, 'PUT', path(), body)).status, 403, who);
      assert.equal((await upload(who, 'x')).status, 403, who);
    }
    assert.equal((await world.call(first?.teacherIds[1] ?? '', 'GET', path())).status, 403, 'nor read');
    const saved = await world.call(first?.administratorId ?? '', 'PUT', path(), body);
    assert.equal(saved.status, 200, JSON.stringify(saved.json));
    const row = saved.json.rows.find(({ person }: { person: { id: string } }) => person.id === body.rows[0]?.personId);
    assert.deepEqual(
      [row.version, row.values, row.enteredBy.id],
      [1, { 'mathematics.term1': 'T' }, first?.administratorId],
    );
  });

  test('two who write at once: the second is told, nothing of theirs is kept, and every version stays', async () => {
    const { rows } = await sheetOf();
    const [one, other] = rows;
    const put = (values: object) =>
      world.call(teacher, 'PUT', path(), {
        rows: [
          { personId: one.person.id, version: one.version, values },
          { personId: other.person.id, version: other.version, values },
        ],
      });
    const answers = await Promise.all([put({ 'ethics.term1': 'T' }), put({ 'ethics.term1': 'H' })]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
    assert.equal(answers.find(({ status }) => status === 409)?.json.code, 'marks/changed-since');
    const after = await sheetOf();
    const values = after.rows.slice(0, 2).map((row: { values: object }) => JSON.stringify(row.values));
    assert.equal(values[0], values[1], 'all of one, nothing of the other');
    const versions = await sql<{ versions: number }>`
      SELECT count(*)::int AS versions FROM signing.marks WHERE person_id = ${one.person.id}`.execute(world.context.db);
    assert.equal(versions.rows[0]?.versions, after.rows[0].version);
  });

  test('a wrong cell, a stranger, an unknown column: nothing is saved and the cell is named', async () => {
    const { rows } = await sheetOf();
    const [, , third] = rows;
    const put = (row: object) =>
      world.call(teacher, 'PUT', path(), {
        rows: [{ personId: third.person.id, version: third.version, values: {}, ...row }],
      });
    const wrong = await put({ values: { 'mathematics.term1': 'T', 'mathematics.term1.test': '11' } });
    assert.equal(wrong.json.code, 'marks/wrong-values');
    assert.match(wrong.json.fields[0].pointer, /mathematics\.term1\.test$/);
    assert.equal((await put({ values: { 'physics.year': 9 } })).json.code, 'marks/wrong-values');
    assert.equal(
      (await put({ personId: world.city.people.pupil, values: { 'ethics.year': 'T' } })).json.code,
      'marks/not-in-class',
    );
    assert.equal((await sheetOf()).rows[2].version, third.version);
  });

  test('the template is filled in and comes back: a plan says what it would do, and applying does exactly that', async () => {
    const template = (await world.call(teacher, 'GET', `${path()}/template?format=csv`)).body.toString('utf8');
    assert.equal(template.charCodeAt(0), 0xfeff);
    const lines = template
      .slice(1)
      .trimEnd()
      .split('\r\n')
      .map((line) => line.slice(1, -1).replaceAll('","', ';'));
    const header = (lines[0] ?? '').split(';');
    assert.deepEqual(header.slice(0, 4), ['STT', 'Mã giáo dục', 'Họ và tên', 'Ngày sinh']);
    const columns = columnsOf(1);
    const fill = (line: string) => {
      const cells = line.split(';');
      const values = whole(cells[1] ?? '');
      return [...cells.slice(0, 4), ...columns.map(({ key }) => String(values[key] ?? '').replace('.', ','))].join(';');
    };
    const rows = lines.slice(1).map(fill);
    const [id, name] = (rows[5] ?? '').split(';').slice(1, 3);
    rows[5] = (rows[5] ?? '').replace(/;T;/, ';Giỏi;'); // no such word
    rows[6] = (rows[6] ?? '').replace(/^(\d+;\d+;)[^;]+/, '$1Người Khác'); // slipped by a row
    rows.push(`99;1234567897;Không Ai;;T`, rows[7] ?? '');
    const file = [`${lines[0]};Ghi chú`, ...rows].join('\r\n');
    const { status, json: plan } = await upload(teacher, file);
    assert.equal(status, 201, JSON.stringify(plan));
    assert.equal(plan.changed.length, 28 - 3);
    assert.deepEqual(plan.ignoredColumns, ['Ghi chú']);
    assert.deepEqual(
      plan.refused.map(({ row, name: who }: { row: number; name: string }) => [row, who]),
      [
        [7, name],
        [8, 'Người Khác'],
        [9, (rows[7] ?? '').split(';')[2]],
        [30, 'Không Ai'],
        [31, (rows[7] ?? '').split(';')[2]],
      ],
    );
    assert.match(plan.refused[0].reasons[0].reason, /«T», «H», «C»/);
    assert.ok(id);
    const before = await sheetOf();
    assert.ok(
      before.rows.every(({ isComplete: whole }: { isComplete: boolean }) => !whole),
      'a plan writes nothing',
    );
    const apply = () => world.call(teacher, 'POST', `${path()}/plans/${plan.id}/apply`);
    const [once, twice] = await Promise.all([apply(), apply()]);
    assert.deepEqual([once?.json.state, twice?.json.state], ['applied', 'applied'], JSON.stringify(once?.json));
    const after = await sheetOf();
    assert.equal(after.rows.filter(({ isComplete: is }: { isComplete: boolean }) => is).length, 25);
    const again = await upload(teacher, file);
    assert.deepEqual([again.json.changed.length, again.json.unchanged], [0, 25], 'the same file again changes nothing');
  });

  test('the workbook that is downloaded is read back as it is, and a mark typed into it arrives', async () => {
    const { body } = await world.call(teacher, 'GET', `${path()}/template`);
    assert.equal(body.subarray(0, 2).toString(), 'PK');
    const { status, json } = await upload(teacher, body);
    assert.equal(status, 201, JSON.stringify(json));
    assert.deepEqual(
      [json.changed.length, json.refused.length, json.absent.length],
      [0, 0, 0],
      JSON.stringify(json.refused),
    );
    const sheet = await sheetOf();
    const { person } = sheet.rows[0];
    const workbook = writeWorkbook([
      {
        name: 'Điểm',
        rows: [
          ['Bảng điểm lớp 1A'],
          ['Mã giáo dục', 'Họ và tên', 'Toán – điểm cuối năm'],
          [person.educationId, person.fullName, '9,0'],
        ],
      },
    ]);
    const typed = await upload(teacher, workbook);
    assert.deepEqual(typed.json.changed[0].changes.at(-1).after, '9', JSON.stringify(typed.json));
  });

  test('a row that is not complete says what it lacks, also where no cell is empty', async () => {
    type Said = { isComplete: boolean; missing: string[]; electivesShort: number; isHeldBack: boolean };
    const { rows } = await sheetOf();
    const target = rows.find(({ isComplete: is }: Said) => is);
    const put = (version: number, outcome: unknown) =>
      world.call(teacher, 'PUT', path(), {
        rows: [{ personId: target.person.id, version, values: { ...target.values, outcome } }],
      });
    await put(target.version, 'Rèn luyện trong kì nghỉ hè');
    const held = (await sheetOf()).rows.find(({ person }: typeof target) => person.id === target.person.id);
    assert.deepEqual([held.isComplete, held.missing, held.electivesShort, held.isHeldBack], [false, [], 0, true]);
    const lacksNothing = (await sheetOf()).rows.filter(
      (row: Said) => !row.isComplete && row.missing.length === 0 && row.electivesShort === 0 && !row.isHeldBack,
    );
    assert.deepEqual(lacksNothing, []);
    await put(held.version, target.values.outcome);
  });

  test('a plan is refused when somebody wrote meanwhile, for another class, and when its transcript is being signed', async () => {
    const sheet = await sheetOf();
    const target = sheet.rows.find(({ isComplete: is }: { isComplete: boolean }) => is);
    const line = `1;${target.person.educationId};${target.person.fullName};;C`;
    const file = `STT;Mã giáo dục;Họ và tên;Ngày sinh;Toán – mức cuối HK I\r\n${line}`;
    const { json: plan } = await upload(teacher, file);
    assert.equal(plan.changed.length, 1, JSON.stringify(plan));
    const elsewhere = world.city.schools[0]?.classIds[1] ?? '';
    const other = world.city.schools[0]?.teacherIds[1] ?? '';
    assert.equal((await world.call(other, 'POST', `${path(elsewhere)}/plans/${plan.id}/apply`)).status, 404);
    const values = { ...target.values, remarks: 'Em ngoan.' };
    await world.call(teacher, 'PUT', path(), {
      rows: [{ personId: target.person.id, version: target.version, values }],
    });
    const late = await world.call(teacher, 'POST', `${path()}/plans/${plan.id}/apply`);
    assert.equal(late.json.code, 'marks/changed-since');

    const run = await world.askFor(teacher, { classId });
    assert.deepEqual([run.json.made, run.json.skipped.length], [25, 3], JSON.stringify(run.json));
    assert.ok(run.json.skipped.every(({ detail }: { detail: string }) => /Còn thiếu: |Chưa nhập điểm/.test(detail)));
    const again = await world.askFor(teacher, { classId });
    assert.equal(again.json.made, 0);
    assert.equal(again.json.skipped.filter(({ reason }: { reason: string }) => reason === 'exists').length, 25);
    const locked = await world.call(teacher, 'PUT', path(), {
      rows: [{ personId: target.person.id, version: target.version + 1, values: { ...values, remarks: 'Khác' } }],
    });
    assert.equal(locked.json.code, 'marks/locked');
    const planned = await upload(teacher, file);
    assert.match(planned.json.refused[0].reasons[0].reason, /đang chờ ký/);
  });

  test('a file that is none is refused with its reason', async () => {
    const code = async (bytes: Buffer | string) => (await upload(teacher, bytes)).json.code;
    assert.match(await code('%PDF-1.7'), /^roster\//);
    assert.equal(await code(Buffer.from('M\u00e3 gi\u00e1o;To\u00e1n', 'latin1')), 'roster/not-utf-8');
    assert.equal(await code('Mã trường;Tên\r\n1;x'), 'marks/no-header');
    assert.equal(await code(''), 'marks/no-header');
    assert.equal(await code(`Mã giáo dục;Toán – mức cuối HK I\r\n${'1;T\r\n'.repeat(600)}`), 'marks/too-large');
  });

  test('no event carries a name, an education ID or a mark (L5)', async () => {
    const { rows } = await sql<{ data: object }>`SELECT data FROM platform.outbox WHERE type LIKE 'marks.%'`.execute(
      world.context.db,
    );
    assert.ok(rows.length > 3);
    for (const { data } of rows) {
      assert.deepEqual(
        Object.keys(data).filter((key) => !['source', 'learners', 'planId', 'changed', 'refused'].includes(key)),
        [],
      );
    }
  });
});
