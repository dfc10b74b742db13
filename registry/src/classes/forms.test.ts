import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRegistry } from '../../testing/registry.ts';
import { gradeOfClassCode, parseClassCode, parseGrade } from './grade.ts';

test('T9: a school opens a class, names its homeroom teacher and renames it; a foreign teacher or a taken name is refused', async () => {
  await using world = await openRegistry();
  const { city, call } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const administrator = primary.administratorId;
  const make = (body: object) => call(administrator, 'POST', 'classes', { organisationId: primary.id, ...body });

  const made = await make({ code: ' Lá  1 ', grade: 0, homeroomTeacherId: primary.teacherIds[0] });
  assert.deepEqual([made.status, made.json.code, made.json.grade], [201, 'Lá 1', 0]);
  assert.equal(made.json.teacher.id, primary.teacherIds[0]);
  assert.equal((await make({ code: 'lá 1', grade: 0 })).json.code, 'classes/code-taken');
  assert.equal((await make({ code: '5M', grade: 13 })).status, 400);
  assert.equal((await make({ code: '5M\u0000', grade: 5 })).status, 400);

  const path = `classes/${made.json.id}`;
  const nobody = '00000000-0000-7000-8000-000000000000';
  for (const homeroomTeacherId of [lower.teacherIds[0], nobody]) {
    const stranger = await call(administrator, 'PATCH', path, { homeroomTeacherId });
    assert.deepEqual([stranger.status, stranger.json.code], [403, 'access/forbidden'], 'no oracle of other schools');
  }
  const pupil = await call(administrator, 'PATCH', path, { homeroomTeacherId: city.people.pupil });
  assert.deepEqual([pupil.status, pupil.json.code], [400, 'classes/bad-teacher']);
  const renamed = await call(administrator, 'PATCH', path, { code: 'Lá 2', homeroomTeacherId: null });
  assert.deepEqual([renamed.status, renamed.json.code, renamed.json.teacher], [200, 'Lá 2', null]);

  assert.equal((await call(lower.administratorId, 'PATCH', path, { code: 'X' })).status, 403, 'another school');
  assert.equal((await call(primary.teacherIds[0] ?? '', 'PATCH', path, { code: 'X' })).status, 403, 'a teacher');
  const elsewhere = { organisationId: lower.id, code: '6M', grade: 6 };
  assert.equal((await call(administrator, 'POST', 'classes', elsewhere)).status, 403);
});

test('T9: a guardian is added to a child, known or new, and ends; nobody links people of another school', async () => {
  await using world = await openRegistry();
  const { city, call } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const administrator = primary.administratorId;
  const child = city.people.twins[0];
  const path = `people/${child}/guardians`;

  const mother = await call(administrator, 'POST', path, { relation: 'guardian', fullName: 'Trần Thị Mười' });
  assert.deepEqual([mother.status, mother.json.fullName], [201, 'Trần Thị Mười']);
  const again = await call(administrator, 'POST', path, { relation: 'mother', guardianId: mother.json.guardianId });
  assert.equal(again.json.code, 'guardians/already');
  const known = await call(administrator, 'POST', path, { relation: 'father', guardianId: city.people.guardian });
  assert.equal(known.status, 201);
  assert.equal((await call(administrator, 'POST', path, { relation: 'father' })).status, 400);
  assert.equal(
    (await call(administrator, 'POST', path, { relation: 'father', guardianId: child })).json.code,
    'guardians/self',
  );
  const foreign = await call(administrator, 'POST', path, { relation: 'father', guardianId: lower.principalId });
  assert.deepEqual([foreign.status, foreign.json.code], [403, 'access/forbidden'], 'no oracle of other schools');
  assert.equal(
    (await call(lower.administratorId, 'POST', path, { relation: 'mother', fullName: 'Kẻ Lạ' })).status,
    403,
  );

  const view = await call(administrator, 'GET', `people/${child}`);
  const shown = view.json.guardians.find(({ id }: { id: string }) => id === mother.json.guardianId);
  assert.equal(shown?.guardianshipId, mother.json.id);
  const ending = `guardianships/${mother.json.id}`;
  assert.equal((await call(lower.administratorId, 'DELETE', ending)).status, 403);
  assert.equal((await call(administrator, 'DELETE', ending)).status, 204);
  assert.equal((await call(administrator, 'DELETE', ending)).status, 404);
  const after = await call(administrator, 'GET', `people/${child}`);
  assert.ok(!after.json.guardians.some(({ id }: { id: string }) => id === mother.json.guardianId));
  const back = await call(administrator, 'POST', path, { relation: 'mother', fullName: 'Trần Thị Mười' });
  assert.equal(back.status, 201);
});

test('an organisation is corrected by the department alone', async () => {
  await using world = await openRegistry();
  const { city, call } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const path = `organisations/${primary.id}`;
  const changed = await call(city.people.administrator, 'PATCH', path, {
    name: ' Trường  Mầm non Sen ',
    level: 'preschool',
  });
  assert.deepEqual([changed.status, changed.json.name, changed.json.level], [200, 'Trường Mầm non Sen', 'preschool']);
  const taken = await call(city.people.administrator, 'PATCH', path, { code: lower.code });
  assert.equal(taken.json.code, 'organisations/code-taken');
  assert.equal((await call(primary.administratorId, 'PATCH', path, { name: 'Tự đổi' })).status, 403);
});

test('grades are found in real class names and in «Khối», nursery to 12', () => {
  const names: [string, number | undefined][] = [
    ['5A', 5],
    ['5/2', 5],
    ['10A1', 10],
    ['12.6', 12],
    ['10CV1', 10],
    ['6A10', 6],
    ['Lớp 3/2', 3],
    ['11 Toán', 11],
    ['9A1 TC', 9],
    ['Lá 1', 0],
    ['Chồi 2', -1],
    ['Mầm 1', -2],
    ['Nhà trẻ 25-36 tháng', -3],
    ['3-4 tuổi A', -2],
    ['Hoa Mai', undefined],
    ['13A', undefined],
    ['Chuyên Toán', undefined],
  ];
  for (const [name, grade] of names) assert.equal(gradeOfClassCode(name), grade, name);
  const cells: [string, number | undefined][] = [
    ['Khối 4', 4],
    ['12', 12],
    ['Khối lớp 9', 9],
    ['Lá', 0],
    ['Mẫu giáo 5-6 tuổi', 0],
    ['Nhà trẻ', -3],
    ['Khối 13', undefined],
    ['', undefined],
  ];
  for (const [cell, grade] of cells) assert.equal(parseGrade(cell), grade, cell);
  assert.equal(parseClassCode(' 6a '), '6A');
  assert.equal(parseClassCode('Lá   1'), 'Lá 1');
  assert.throws(() => parseClassCode('<b>'), { code: 'classes/bad-code' });
});
