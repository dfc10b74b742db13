import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';
import { twoPeople } from '../../testing/two-people.ts';
import { applyRosterKind } from '../changes/approval.ts';
import { createIdentifierVault } from '../people/people.ts';

function upload(lines: readonly string[], fields: Readonly<Record<string, string>> = {}): FormData {
  const header = 'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính,Số ĐDCN,Mã học sinh,Trạng thái';
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([[header, ...lines].join('\n')]), 'danh-sach.csv');
  return form;
}

test('T3: an upload with another school’s identifiers tells nothing: the same answer for a right and a wrong guess', async () => {
  await using world = await openRegistry();
  const { city, call, context } = world;
  const [primary, lower, upper] = city.schools;
  assert.ok(primary && lower && upper);
  const { rows } = await sql<{ id: string; name: string; born: string; code: string; sealed: Buffer }>`
    SELECT p.id, p.full_name AS name, to_char(p.birth_date, 'DD/MM/YYYY') AS born, c.code, p.moet_id_sealed AS sealed
    FROM registry.enrolment AS e JOIN registry.person AS p ON p.id = e.person_id JOIN registry.class AS c ON c.id = e.class_id
    WHERE c.organisation_id = ${upper.id} AND e.valid_until IS NULL AND p.moet_id_sealed IS NOT NULL ORDER BY p.id LIMIT 1`.execute(
    context.db,
  );
  const victim = rows[0];
  assert.ok(victim);
  const moetId = createIdentifierVault(context.secrets).open('moet_id', victim.sealed);
  const attacker = primary.administratorId;
  const guesses = [
    `TH001,5A,${moetId},Kẻ Đoán Mò,01/01/2010,Nam,,,`, // nothing right
    `TH001,5A,${moetId},Kẻ Đoán Mò,${victim.born},Nam,,,`, // the birth date
    `TH001,5A,${moetId},${victim.name},01/01/2010,Nam,,,`, // the name
    `TH001,5A,${moetId},${victim.name},${victim.born},Nam,,,`, // both
  ];
  const answers = [];
  for (const guess of guesses) {
    for (const completeness of ['partial', 'schools']) {
      const made = await call(attacker, 'POST', 'roster/plans', upload([guess], { completeness }));
      assert.equal(made.status, 201, JSON.stringify(made.json));
      const seen = await call(attacker, 'GET', `roster/plans/${made.json.id}`);
      const file = made.json.changes[0];
      answers.push(
        JSON.stringify({
          ...made.json,
          id: '',
          createdAt: '',
          digest: '',
          completeness: '',
          changes: [{ ...file, fullName: '' }],
        }),
      );
      for (const text of [JSON.stringify(made.json), JSON.stringify(seen.json)]) {
        for (const secret of [victim.id, upper.name, upper.code, ...(guess.includes(victim.name) ? [] : [victim.name])])
          assert.ok(!text.includes(secret), `${guess}: ${secret}`);
        assert.ok(!text.includes(victim.born.split('/').reverse().join('-')), guess);
      }
      assert.deepEqual(
        [made.json.status, made.json.totals.referred, file.action, file.fields, file.verdict],
        ['held', 1, 'referred', [], null],
      );
      const tried = await call(attacker, 'POST', `roster/plans/${made.json.id}/apply`, {});
      assert.equal(tried.status, 403);
      const refused = await call(attacker, 'GET', `roster/plans/${made.json.id}/refusals`);
      assert.ok(!refused.bytes.toString().includes(upper.name));
    }
  }
  const [first, second] = [answers[0], answers[1]];
  assert.ok(
    answers.every((answer) => answer === first || answer === second),
    'one answer for every guess',
  );

  // A word of the status, a personal number or the school's own code are no way around.
  const silent = await call(
    attacker,
    'POST',
    'roster/plans',
    upload([`TH001,5A,${moetId},Kẻ Đoán Mò,01/01/2010,Nam,,,Thôi học`]),
  );
  const unknown = await call(
    attacker,
    'POST',
    'roster/plans',
    upload([`TH001,5A,7999999999,Kẻ Đoán Mò,01/01/2010,Nam,,,Thôi học`]),
  );
  const bare = ({ json }: typeof silent) => JSON.stringify([json.totals, json.skipped, json.changes, json.status]);
  assert.equal(bare(silent), bare(unknown), 'a leaver who is elsewhere and one who is nowhere are the same');

  // Who governs both sides sees what it is about, and whether name and birth date agree.
  const made = await call(attacker, 'POST', 'roster/plans', upload(guesses.slice(2)));
  assert.equal(made.json.totals.refused, 1, 'the second row has the number of the first');
  const shown = await call(city.people.administrator, 'GET', `roster/plans/${made.json.id}`);
  assert.equal(shown.json.changes[0].verdict, 'other');
  assert.ok(shown.json.changes[0].fields.some(({ before }: { before?: string }) => before === upper.name));
  const { approval } = (await call(attacker, 'POST', `roster/plans/${made.json.id}/release`)).json;
  await twoPeople(context, [applyRosterKind]).both(approval.id, attacker, city.people.administrator);
  const { rows: after } = await sql<{ name: string; organisation_id: string }>`
    SELECT p.full_name AS name, f.organisation_id FROM registry.person AS p JOIN registry.affiliation AS f ON f.person_id = p.id
    WHERE p.id = ${victim.id} AND f.valid_until IS NULL`.execute(context.db);
  assert.deepEqual(
    after,
    [{ name: victim.name, organisation_id: upper.id }],
    'somebody with another birth date is not moved',
  );
});

test('T3: one account cannot walk through a city’s identifiers', async () => {
  await using world = await openRegistry();
  const { city, call, context } = world;
  const [primary, , upper] = city.schools;
  assert.ok(primary && upper);
  const vault = createIdentifierVault(context.secrets);
  const numbers = Array.from({ length: 3_001 }, (_, index) => `88${String(index).padStart(8, '0')}`);
  const people = numbers.map((number, index) => ({
    education_id: `X${index}`,
    index: `\\x${vault.indexOf('moet_id', number).toString('hex')}`,
  }));
  await sql`
    WITH made AS (
      INSERT INTO registry.person (id, education_id, full_name, birth_date, moet_id_index)
      SELECT gen_random_uuid(), education_id, 'Em Ở Xa', '2012-01-01', "index"
      FROM jsonb_to_recordset(${JSON.stringify(people)}::jsonb) AS r (education_id text, "index" bytea) RETURNING id)
    INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
    SELECT gen_random_uuid(), id, ${upper.id}, 'learner', '2026-09-01' FROM made`.execute(context.db);
  const lines = numbers.map((number) => `TH001,5A,${number},Ai Đó,01/01/2012,Nam,,,`);
  const half = await call(primary.administratorId, 'POST', 'roster/plans', upload(lines.slice(0, 2_000)));
  assert.deepEqual([half.status, half.json.totals.referred], [201, 2_000]);
  const rest = await call(primary.administratorId, 'POST', 'roster/plans', upload(lines.slice(2_000)));
  assert.deepEqual([rest.status, rest.json.code], [429, 'roster/too-many-referred']);
  assert.ok(!JSON.stringify(rest.json).includes('Em Ở Xa'));
});

test('D13: a changed name and school on one equal number is a question, and nobody is moved', async () => {
  await using world = await openRegistry();
  const { city, call } = world;
  const [primary] = city.schools;
  assert.ok(primary);
  const { administrator } = city.people;
  const first = await call(
    administrator,
    'POST',
    'roster/plans',
    upload(['TH001,5A,7955555551,Hồ Thị Mai,01/02/2015,Nữ,079315000009,HS1,']),
  );
  assert.equal((await call(administrator, 'POST', `roster/plans/${first.json.id}/apply`, {})).json.status, 'applied');
  const cases: [string, string, number][] = [
    ['THCS001,6A,7955555551,Hồ Văn Nam,01/02/2015,Nam,,,', 'Mã định danh Bộ GD&ĐT', 0], // name and school differ
    ['THCS001,6A,7955555551,Hồ Thị Mai,02/03/2015,Nữ,,,', 'Mã định danh Bộ GD&ĐT', 0], // birth date and school differ
    ['TH001,5A,7955555551,Ai Khác,09/09/2014,Nam,,,', 'Mã định danh Bộ GD&ĐT', 0], // name and birth date differ
    ['TH001,5A,,Ai Khác,01/02/2015,Nữ,079315000009,,', 'Số ĐDCN', 0], // the personal number of another name
    ['TH001,5A,,Ai Khác,09/09/2014,Nam,,HS1,', 'Mã học sinh', 0], // the school's own code of somebody else there
    ['THCS001,6A,,Ai Khác,09/09/2014,Nam,,HS1,', '', 1], // the same code at another school: somebody new
    ['TH001,5B,7955555551,Hồ Thị Mây,01/02/2015,Nữ,,,', '', 0], // a corrected name, a new class: a change
  ];
  for (const [line, column, added] of cases) {
    const made = await call(administrator, 'POST', 'roster/plans', upload([line], { completeness: 'classes' }));
    assert.equal(made.status, 201, JSON.stringify(made.json));
    assert.deepEqual(
      [made.json.refusals[0]?.column ?? '', made.json.totals.added, made.json.totals.left],
      [column, added, made.json.totals.left],
      line,
    );
    if (column) assert.equal(made.json.totals.changed + made.json.totals.left, 0, `${line}: D12`);
  }
});
