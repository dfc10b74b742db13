import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type TestCity, testCity } from '../../testing/city.ts';

describe('teachers of subjects', () => {
  let world: TestCity;
  let classTeacher: string;
  let english: string;
  let arts: string;
  let classId: string;
  before(async () => {
    world = await testCity();
    const school = world.city.schools[0];
    classTeacher = world.classTeacherOf(0);
    [english = '', arts = ''] = (school?.teacherIds ?? []).filter((one) => one !== classTeacher);
    classId = school?.classIds.at(-1) ?? '';
  });
  after(() => world[Symbol.asyncDispose]());

  const path = (what: string) => `/api/v1/signing/classes/${classId}/${what}`;
  const assign = (teachers: object[], person = classTeacher) =>
    world.call(person, 'PUT', path('subject-teachers'), { teachers });
  const own = (person: string) => world.call(person, 'GET', path('own-marks'));
  const save = (person: string, rows: object[]) => world.call(person, 'PUT', path('own-marks'), { rows });

  test('the class teacher says who teaches what; only signers of the school, only subjects of the grade, and nobody else says it', async () => {
    const teachers = [
      { subject: 'foreign-language-1', personId: english },
      { subject: 'arts', personId: arts },
    ];
    const { json, status } = await assign(teachers);
    assert.equal(status, 200, JSON.stringify(json));
    const named = json.subjects.filter(({ teacher }: { teacher: object | null }) => teacher);
    assert.deepEqual(
      named.map(({ id, teacher }: { id: string; teacher: { id: string } }) => [id, teacher.id]),
      [
        ['foreign-language-1', english],
        ['arts', arts],
      ],
    );
    assert.deepEqual((await assign(teachers)).json, json, 'said again it is the same');
    assert.equal((await assign([{ subject: 'alchemy', personId: english }])).json.code, 'signing/no-such-subject');
    const outside = world.classTeacherOf(1);
    assert.equal(
      (await assign([{ subject: 'arts', personId: outside }])).json.code,
      'signing/subject-teacher-not-signer',
    );
    for (const stranger of [english, outside]) assert.equal((await assign([], stranger)).status, 403);
    assert.deepEqual((await world.call(classTeacher, 'GET', path('subject-teachers'))).json, json);
  });

  test('each sees and writes the own columns and nothing of another subject, of results or remarks', async () => {
    const { items } = (await world.call(english, 'GET', '/api/v1/signing/own-subjects')).json;
    assert.deepEqual(
      items.map(({ class: one }: { class: { id: string } }) => one.id),
      [classId],
    );
    const sheet = (await own(english)).json;
    assert.deepEqual(
      [...new Set(sheet.columns.map(({ subject }: { subject: string }) => subject))],
      ['Ngoại ngữ 1 (Tiếng Anh)'],
    );
    const keys = new Set(sheet.columns.map(({ key }: { key: string }) => key));
    for (const row of sheet.rows) assert.ok(Object.keys(row.values).every((key) => keys.has(key)));
    const open = sheet.rows.find(({ isLocked }: { isLocked: boolean }) => !isLocked);
    const { id: personId } = open.person;
    const mark = open.values['foreign-language-1.year.test'] === 7 ? 6 : 7; // another than there is
    const change = { ...open.values, 'foreign-language-1.year.test': mark };
    assert.equal((await save(english, [{ personId, version: open.version, values: change }])).status, 200);
    const wrong = await save(english, [{ personId, version: open.version + 1, values: { 'arts.year': 'T' } }]);
    assert.deepEqual(
      [wrong.json.code, wrong.json.fields[0].pointer],
      ['marks/wrong-values', `/rows/${personId}/values/arts.year`],
    );
    const whole = (await world.call(classTeacher, 'GET', path('marks'))).json;
    const after = whole.rows.find(({ person }: { person: { id: string } }) => person.id === personId);
    assert.equal(after.values['foreign-language-1.year.test'], mark);
    assert.ok(Object.keys(after.values).length > keys.size, 'all other columns are as they were');
    assert.equal(after.enteredBy.id, english, 'it is kept who entered it');
  });

  test('two teachers who write at once do not stop each other; two who write one column do, and what is being signed stays', async () => {
    const [before, artsBefore] = [(await own(english)).json, (await own(arts)).json];
    const at = before.rows.findIndex(({ isLocked }: { isLocked: boolean }) => !isLocked);
    const [one, other] = [before.rows[at], artsBefore.rows[at]];
    const row = ({ person, version, values }: typeof one, change: object) => ({
      personId: person.id,
      version,
      values: { ...values, ...change },
    });
    const results = await Promise.all([
      save(english, [row(one, { 'foreign-language-1.year.test': 8 })]),
      save(arts, [row(other, { 'arts.year': 'H' })]),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      [200, 200],
    );
    assert.equal(
      (await save(english, [row(one, { 'foreign-language-1.year.test': 3 })])).json.code,
      'marks/changed-since',
      'on top of what was seen before somebody wrote the same column',
    );
    const locked = (await own(english)).json.rows.find(({ isLocked }: { isLocked: boolean }) => isLocked);
    assert.equal((await save(english, [row(locked, { 'foreign-language-1.year.test': 1 })])).json.code, 'marks/locked');
  });

  test('who teaches nothing there reads and writes nothing, whether the class is there or not', async () => {
    const { teacherIds = [] } = world.city.schools[0] ?? {};
    const another = teacherIds.find((id) => ![classTeacher, english, arts].includes(id)) ?? world.classTeacherOf(1);
    for (const stranger of [another, world.classTeacherOf(1), world.city.people.administrator]) {
      const [read, wrote] = [
        await own(stranger),
        await save(stranger, [{ personId: stranger, version: 0, values: {} }]),
      ];
      assert.deepEqual([read.json.code, wrote.json.code], ['marks/not-your-subject', 'marks/not-your-subject']);
    }
    const nowhere = `/api/v1/signing/classes/${classTeacher}/own-marks`;
    assert.equal((await world.call(english, 'GET', nowhere)).json.code, 'marks/not-your-subject');
    assert.deepEqual((await world.call(another, 'GET', '/api/v1/signing/own-subjects')).json.items, []);
  });

  test('a school report that is asked for without naming them has a step for each; taken off the class they read nothing', async () => {
    const sheet = (await own(english)).json;
    const open = sheet.rows.find(({ isLocked }: { isLocked: boolean }) => !isLocked);
    const body = { classId, personIds: [open.person.id], template: 'school-report' };
    const { json } = await world.askFor(classTeacher, body);
    assert.equal(json.made, 1, JSON.stringify(json));
    const [due] = (await world.call(english, 'GET', '/api/v1/signing/inbox')).json.items;
    assert.equal(due.subject.id, open.person.id);
    const step = due.steps.find(({ person }: { person: { id: string } | null }) => person?.id === english);
    assert.deepEqual(
      [step.role, step.title, step.state],
      ['subject-teacher', 'Giáo viên Ngoại ngữ 1 (Tiếng Anh)', 'due'],
    );
    assert.equal((await assign([])).status, 200);
    assert.equal((await own(english)).json.code, 'marks/not-your-subject');
  });
});
