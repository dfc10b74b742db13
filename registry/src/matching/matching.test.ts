import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';

const header = 'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính,Mã học sinh,Số ĐDCN';
function upload(lines: readonly string[], fields: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([[header, ...lines].join('\n')]), 'danh-sach.csv');
  return form;
}

async function openSchool() {
  const world = await openRegistry();
  const [primary, lower] = world.city.schools;
  assert.ok(primary && lower);
  const { administratorId: clerk } = primary;
  const plan = async (lines: readonly string[], fields?: Readonly<Record<string, string>>) => {
    const made = await world.call(clerk, 'POST', 'roster/plans', upload(lines, fields));
    assert.equal(made.status, 201, JSON.stringify(made.json));
    return made.json;
  };
  const apply = async (lines: readonly string[], fields?: Readonly<Record<string, string>>) => {
    const made = await plan(lines, fields);
    const done = await world.call(clerk, 'POST', `roster/plans/${made.id}/apply`, {});
    assert.equal(done.json.status, 'applied', JSON.stringify(done.json));
    return done.json;
  };
  const questions = async (person = clerk) => (await world.call(person, 'GET', 'roster/questions')).json.items;
  const answer = (id: string, said: string, person = clerk) =>
    world.call(person, 'POST', `roster/questions/${id}/answer`, { answer: said });
  const named = async (name: string) => {
    const { rows } = await sql<{ id: string; educationId: string; born: string; status: string }>`
      SELECT id, education_id AS "educationId", birth_date::text AS born, status FROM registry.person WHERE full_name = ${name} ORDER BY id`.execute(
      world.context.db,
    );
    return rows;
  };
  return { ...world, clerk, lower, plan, apply, questions, answer, named };
}

test('who would get a second record for a slip of the pen is asked about, with both sides and reasons; the answer holds', async () => {
  await using world = await openSchool();
  const { plan, apply, questions, answer, named } = world;
  await apply(['TH001,5Q,,Lâm Thị Ngọc Ánh,05/09/2015,Nữ,,', 'TH001,5Q,,Tô Văn Đạt,11/11/2015,Nam,,']);
  const [before] = await named('Lâm Thị Ngọc Ánh');
  const slipped = ['TH001,5Q,,Lâm Thị Ngọc Ánh,09/05/2015,Nữ,,', 'TH001,5Q,,Tô Văn Đạt,11/11/2015,Nam,,'];
  const made = await plan(slipped, { completeness: 'classes' });
  assert.deepEqual(
    [made.totals.added, made.totals.left, made.totals.refused],
    [0, 0, 1],
    'no second record, and nobody leaves for it',
  );
  const [question] = await questions();
  assert.deepEqual(
    [question.row.fullName, question.row.birthDate, question.record.birthDate, question.personId],
    ['Lâm Thị Ngọc Ánh', '2015-05-09', '2015-09-05', before?.id],
  );
  assert.equal(question.score, 65);
  assert.deepEqual(
    question.reasons.map(({ sentence }: { sentence: string }) => sentence),
    ['cùng họ tên', 'ngày và tháng sinh đảo nhau', 'cùng lớp'],
  );
  assert.equal((await answer(question.id, 'same')).status, 204);
  assert.deepEqual(await questions(), []);
  const again = await apply(slipped, { completeness: 'classes' });
  assert.deepEqual([again.totals.changed, again.totals.added, again.totals.refused], [1, 0, 0]);
  const [after, ...more] = await named('Lâm Thị Ngọc Ánh');
  assert.deepEqual(
    [after?.id, after?.educationId, after?.born, more],
    [before?.id, before?.educationId, '2015-05-09', []],
  );
  const third = await plan(slipped);
  assert.deepEqual([third.totals.unchanged, third.totals.refused], [2, 0]);
});

test('two people are two: who is said to be somebody else is added, is asked about no more, and the answer can be taken back', async () => {
  await using world = await openSchool();
  const { call, clerk, plan, apply, questions, answer, named } = world;
  await apply(['TH001,5Q,,Hồ Thị An,05/09/2015,Nữ,,']);
  const twin = ['TH001,5Q,,Hồ Thị Anh,05/09/2015,Nữ,,'];
  assert.equal((await plan(twin)).totals.refused, 1);
  const [question] = await questions();
  await answer(question.id, 'other');
  assert.equal((await plan(twin)).totals.added, 1);
  const { items } = (await call(clerk, 'GET', 'roster/questions?state=answered')).json;
  assert.deepEqual(
    items.map(({ id, state }: { id: string; state: string }) => [id, state]),
    [[question.id, 'other']],
  );
  await answer(question.id, 'open');
  assert.equal((await plan(twin)).totals.refused, 1);
  await answer(question.id, 'other');
  assert.equal((await apply(twin)).totals.added, 1);
  assert.equal((await named('Hồ Thị Anh')).length, 1);
  // In one file both are known, and nobody is asked.
  const both = await plan(['TH001,5Q,,Hồ Thị An,05/09/2015,Nữ,,', ...twin]);
  assert.deepEqual([both.totals.unchanged, both.totals.refused], [2, 0]);
});

test('of two of one name and birthday a person says which, once for all files', async () => {
  await using world = await openSchool();
  const { plan, apply, questions, answer } = world;
  await apply(['TH001,5Q,7922220001,Lý Văn Hai,05/09/2015,Nam,,', 'TH001,5R,7922220002,Lý Văn Hai,05/09/2015,Nam,,']);
  const row = ['TH001,5S,,Lý Văn Hai,05/09/2015,Nam,,'];
  assert.equal((await plan(row)).totals.refused, 1);
  const asked = await questions();
  assert.equal(asked.length, 2);
  assert.equal(new Set(asked.map(({ fingerprint }: { fingerprint: string }) => fingerprint)).size, 1);
  const second = asked.find(({ record }: { record: { className: string } }) => record.className === '5R');
  await answer(second.id, 'same');
  assert.deepEqual(await questions(), [], 'the other one is answered by it');
  const moved = await plan(row);
  assert.deepEqual([moved.changes[0].personId, moved.totals.changed], [second.personId, 1]);
});

test('D7: a code of the school that goes to another child never attaches the child to the record of before', async () => {
  await using world = await openSchool();
  const { context, plan, apply, questions, answer, named } = world;
  await apply(['TH001,5Q,,Mai Văn Cũ,05/09/2015,Nam,HS77,']);
  const reused = ['TH001,5Q,,Đinh Thị Mới,06/10/2014,Nữ,HS77,'];
  assert.equal((await plan(reused)).totals.refused, 1);
  const [question] = await questions();
  assert.ok(question.score <= 30, `${question.score}`);
  await answer(question.id, 'other');
  await apply(reused);
  const { rows } = await sql<{ name: string }>`
    SELECT p.full_name AS name FROM registry.local_code AS l JOIN registry.person AS p ON p.id = l.person_id WHERE l.code = 'HS77'`.execute(
    context.db,
  );
  assert.deepEqual(rows, [{ name: 'Đinh Thị Mới' }]);
  assert.equal((await named('Mai Văn Cũ'))[0]?.status, 'active');
});

test('who is given another code by their system stays who they are; codes that two swap in one file move together', async () => {
  await using world = await openSchool();
  const { context, apply, named } = world;
  await apply(['TH001,5Q,,Đỗ Thị Bảy,05/09/2015,Nữ,HS7,']);
  const [before] = await named('Đỗ Thị Bảy');
  const rekeyed = await apply(['TH001,5Q,,Đỗ Thị Bảy,05/09/2015,Nữ,NEW7,']);
  assert.deepEqual([rekeyed.totals.added, rekeyed.totals.changed], [0, 1]);
  assert.deepEqual(
    (await named('Đỗ Thị Bảy')).map(({ id }) => id),
    [before?.id],
  );
  const two = (one: string, other: string) => [
    `TH001,5Q,7922220031,Tạ Văn Một,05/09/2015,Nam,${one},`,
    `TH001,5Q,7922220032,Lê Thị Hai,06/10/2015,Nữ,${other},`,
  ];
  await apply(two('HS1', 'HS2'));
  const swapped = await apply(two('HS2', 'HS1'));
  assert.deepEqual([swapped.totals.changed, swapped.totals.refused], [2, 0]);
  const { rows } = await sql<{ code: string; name: string }>`
    SELECT l.code, p.full_name AS name FROM registry.local_code AS l JOIN registry.person AS p ON p.id = l.person_id
    WHERE l.code IN ('HS1', 'HS2') ORDER BY 1`.execute(context.db);
  assert.deepEqual(rows, [
    { code: 'HS1', name: 'Lê Thị Hai' },
    { code: 'HS2', name: 'Tạ Văn Một' },
  ]);
});

test('an identifier with another name and birthday: said to be the same person, the record is corrected', async () => {
  await using world = await openSchool();
  const { plan, apply, questions, answer, named } = world;
  await apply(['TH001,5Q,7922220009,Vũ Thị Sai,05/09/2015,Nữ,,']);
  const [before] = await named('Vũ Thị Sai');
  const corrected = ['TH001,5Q,7922220009,Vũ Thị Thanh Đúng,06/10/2014,Nữ,,'];
  assert.equal((await plan(corrected)).totals.refused, 1);
  const [question] = await questions();
  await answer(question.id, 'same');
  await apply(corrected);
  assert.equal((await named('Vũ Thị Thanh Đúng'))[0]?.id, before?.id);
});

test('T3: a question is its school’s alone: others neither see nor answer it, and nobody is asked about a person beyond their reach', async () => {
  await using world = await openSchool();
  const { city, call, clerk, lower, context, plan, apply, questions, answer } = world;
  await apply(['TH001,5Q,,Quách Thị Tư,05/09/2015,Nữ,,']);
  await plan(['TH001,5Q,,Quách Thị Tư,09/05/2015,Nữ,,']);
  const [question] = await questions();
  for (const stranger of [lower.administratorId, city.people.teacher, city.people.pupil]) {
    const seen = await call(stranger, 'GET', 'roster/questions');
    assert.ok(seen.status === 403 || seen.json.items.length === 0);
    assert.equal((await answer(question.id, 'same', stranger)).status, 403);
  }
  assert.equal((await answer('00000000-0000-7000-8000-000000000000', 'same')).status, 403);
  // Who has gone to another school since is that school's: the question is no longer this one's to see or answer.
  await sql`
    UPDATE registry.affiliation SET valid_until = now() WHERE person_id = ${question.personId}`.execute(context.db);
  await sql`
    INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
    VALUES (gen_random_uuid(), ${question.personId}, ${lower.id}, 'learner', now())`.execute(context.db);
  assert.deepEqual(await questions(), []);
  assert.equal((await answer(question.id, 'same', clerk)).status, 403);
});

test('an answer is an event without a name, and looking at a question is kept in the book of who looked', async () => {
  await using world = await openSchool();
  const { context, plan, apply, questions, answer } = world;
  await apply(['TH001,5Q,,Quách Thị Năm,05/09/2015,Nữ,,']);
  await plan(['TH001,5Q,,Quách Thị Năm,09/05/2015,Nữ,,']);
  const [question] = await questions();
  await answer(question.id, 'same');
  await answer(question.id, 'same');
  const { rows } = await sql<{ event: string }>`
    SELECT to_jsonb(e)::text AS event FROM platform.outbox AS e WHERE type = 'match.answered'`.execute(context.db);
  assert.equal(rows.length, 1, 'twice said is once said');
  assert.doesNotMatch(rows[0]?.event ?? '', /Quách/);
  const { rows: looks } = await sql<{ people: string[] }>`
    SELECT people FROM registry.access WHERE operation = 'roster.match'`.execute(context.db);
  assert.deepEqual(looks[0]?.people, [question.personId]);
});

test('of many of one name the five likeliest are asked about; two ministry identifiers are two children, whatever else is the same', async () => {
  await using world = await openSchool();
  const { plan, apply, questions } = world;
  const days = Array.from({ length: 8 }, (_, day) => day + 1);
  await apply(days.map((day) => `TH001,5Q,,Nguyễn Văn Lặp,0${day}/09/2015,Nam,L${day},`));
  const made = await plan(['TH001,5Q,,Nguyễn Văn Lặp,20/09/2015,Nam,L20,']);
  assert.deepEqual([made.totals.added, made.totals.refused], [0, 1]);
  assert.equal((await questions()).length, 5);
  await apply(days.map((day) => `TH001,5Q,796655000${day},Trần Thị Trùng,0${day}/09/2015,Nữ,T${day},`));
  const other = await plan(['TH001,5Q,7966550020,Trần Thị Trùng,20/09/2015,Nữ,T20,']);
  assert.deepEqual([other.totals.added, other.totals.refused], [1, 0]);
});
