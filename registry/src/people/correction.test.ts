import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';
import { type TwoPeople, twoPeople } from '../../testing/two-people.ts';
import { findApproval } from '../approvals/views.ts';
import { correctKind, isOwnSlip } from './correction.ts';
import { changePerson, findPerson } from './people.ts';

const said = { paper: 'birth-certificate', paperNumber: '12/2016, UBND phường Bến Thành', reason: 'Sai tên đệm' };

describe('names and birth dates are corrected by two people', () => {
  let world: Awaited<ReturnType<typeof openRegistry>>;
  let two: TwoPeople;
  let aheadMs = 0;
  before(async () => {
    world = await openRegistry({ clock: { now: () => new Date(Date.now() + aheadMs) } });
    two = twoPeople(world.context, [correctKind]);
  });
  after(() => world[Symbol.asyncDispose]());

  const propose = async (by: string, person: string, change: object) => {
    const { status, json } = await world.call(by, 'POST', `people/${person}/corrections`, { ...said, ...change });
    assert.equal(status, 202, JSON.stringify(json));
    return String(json.approval.id);
  };
  const nameOf = async (person: string) => (await findPerson(world.context.db, person)).fullName;

  test('T5: nothing changes until a second person, who sees before and after, has approved; the family is told, the event names fields alone', async () => {
    const { context, city, call } = world;
    const { administrator, schoolAdministrator, pupil, guardian } = city.people;
    const old = await nameOf(pupil);
    const alone = await call(schoolAdministrator, 'PATCH', `people/${pupil}`, { fullName: 'Tên Tự Sửa' });
    assert.deepEqual([alone.status, alone.json.code], [409, 'people/takes-two']);
    const date = await call(administrator, 'PATCH', `people/${pupil}`, { birthDate: '2015-02-03' });
    assert.equal(date.json.code, 'people/takes-two', 'nor by the department alone');
    assert.equal((await call(schoolAdministrator, 'PATCH', `people/${pupil}`, { fullName: ` ${old} ` })).status, 200);
    const id = await propose(schoolAdministrator, pupil, { fullName: 'Đặng Thị Ánh Ngọc', birthDate: '2015-02-03' });
    await two.confirm(id, schoolAdministrator);
    assert.equal(await nameOf(pupil), old);
    const seen = await findApproval(context, two.ports, id, await two.actor(administrator), 'vi');
    for (const text of [old, 'Đặng Thị Ánh Ngọc', '03/02/2015', said.reason])
      assert.ok(
        seen.facts.some(({ value }) => value.includes(text)),
        text,
      );
    await two.approve(id, administrator);
    const { fullName, birthDate } = await findPerson(context.db, pupil);
    assert.deepEqual([fullName, birthDate], ['Đặng Thị Ánh Ngọc', '2015-02-03']);
    const { rows: events } = await sql<{ data: object }>`
      SELECT data FROM platform.ledger_entry WHERE type = 'person.changed' AND subject_id = ${pupil} AND data ? 'approval'`.execute(
      context.db,
    );
    assert.deepEqual(events, [{ data: { fields: ['full_name', 'birth_date'], approval: id } }]);
    const { rows: told } = await sql<{ person: string }>`
      SELECT person_id AS person FROM registry.notice WHERE kind = 'person.corrected'`.execute(context.db);
    const people = told.map(({ person }) => person);
    assert.ok(people.includes(pupil) && people.includes(guardian), 'the person and the family');
    const kept = await findApproval(context, two.ports, id, await two.actor(schoolAdministrator), 'vi');
    assert.ok(
      kept.facts.some(({ value }) => value === old),
      'the old name is found by those who may',
    );
  });

  test('T5: the maker, the person and another school approve nothing', async () => {
    const { city } = world;
    const { schoolAdministrator, administrator, pupil, principal } = city.people;
    const old = await nameOf(pupil);
    const id = await propose(schoolAdministrator, pupil, { fullName: 'Tên Của Một Người' });
    await two.confirm(id, schoolAdministrator);
    const other = city.schools[1]?.administratorId ?? '';
    await assert.rejects(() => two.approve(id, schoolAdministrator), { code: /^approvals\// });
    await assert.rejects(() => two.approve(id, other), { code: 'approvals/not-found' });
    assert.equal(
      (await world.call(other, 'POST', `people/${pupil}/corrections`, { ...said, fullName: 'X Y' })).status,
      403,
    );
    assert.equal(await nameOf(pupil), old);
    const own = await propose(administrator, principal, { fullName: 'Tên Hiệu Trưởng' });
    await two.confirm(own, administrator);
    await assert.rejects(
      () => two.approve(own, principal),
      { code: /^approvals\// },
      'nobody is their own second person',
    );
  });

  test('T5: a record that changed meanwhile is written by nothing that was seen before; of two at once one is done', async () => {
    const { context, city } = world;
    const { schoolAdministrator, administrator, movedPupil, pupil } = city.people;
    const stale = await propose(schoolAdministrator, pupil, { fullName: 'Tên Đã Cũ' });
    await two.confirm(stale, schoolAdministrator);
    const system = { kind: 'system', name: 'test' } as const;
    await context.db.transaction().execute((tx) => changePerson(tx, pupil, { fullName: 'Tên Sửa Giữa' }, system));
    await assert.rejects(() => two.approve(stale, administrator), { code: 'people/corrected-meanwhile' });
    assert.equal(await nameOf(pupil), 'Tên Sửa Giữa');

    const school = city.schools[1]?.administratorId ?? '';
    const ids = [
      await propose(school, movedPupil, { fullName: 'Tên Thứ Nhất' }),
      await propose(school, movedPupil, { fullName: 'Tên Thứ Hai' }),
    ];
    for (const id of ids) await two.confirm(id, school);
    const done = await Promise.allSettled(ids.map((id) => two.approve(id, administrator)));
    assert.deepEqual(done.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.ok(['Tên Thứ Nhất', 'Tên Thứ Hai'].includes(await nameOf(movedPupil)));
  });

  test('T5: whoever typed a record corrects their own slip alone, for a day, and nobody else does', async () => {
    const { city, call } = world;
    const { schoolAdministrator, administrator } = city.people;
    const input = { fullName: 'Nguyễn Văn Nhầm', role: 'learner', organisationId: city.schools[0]?.id };
    const made = await call(schoolAdministrator, 'POST', 'people', input);
    const path = `people/${made.json.id}`;
    assert.equal((await call(schoolAdministrator, 'GET', path)).json.correctsAlone, true);
    assert.equal((await call(administrator, 'GET', path)).json.correctsAlone, false);
    const both = (text: string) => ({ vi: text, en: text });
    const issued = { code: 'documents', what: both('x'), why: both('y'), tables: [], count: async () => 1 };
    const actor = await two.actor(schoolAdministrator);
    assert.equal(
      await isOwnSlip(world.context.db, world.context, made.json.id, { kept: [issued], actor }),
      false,
      'not when a signed document names the person',
    );
    assert.equal(
      (await call(administrator, 'PATCH', path, { fullName: 'Người Khác Sửa' })).json.code,
      'people/takes-two',
    );
    assert.equal((await call(schoolAdministrator, 'PATCH', path, { fullName: 'Nguyễn Văn Nhâm' })).status, 200);
    aheadMs = 25 * 3_600_000;
    const late = await call(schoolAdministrator, 'PATCH', path, { fullName: 'Nguyễn Văn Muộn' });
    assert.equal(late.json.code, 'people/takes-two');
    aheadMs = 0;
  });

  test('T5: the ministry’s identifier and the lifelong code are set and corrected by two people, are one person’s, and lie encrypted', async () => {
    const { context, city, call } = world;
    const { schoolAdministrator, administrator, pupil, movedPupil } = city.people;
    const idsOf = async (by: string, person = pupil) => {
      const { json } = await call(by, 'GET', `people/${person}`);
      return [json.ministryId, json.lifelongCode];
    };
    const [before] = await idsOf(schoolAdministrator);
    const change = { ministryId: '79 1234.9999', lifelongCode: '079216012345' };
    const alone = await call(schoolAdministrator, 'PATCH', `people/${pupil}`, change);
    assert.equal(alone.status, 400, 'nobody alone');
    for (const [bad, code] of [
      [{ ministryId: '<b>' }, 'people/bad-ministry-id'],
      [{ ministryId: '7.9E+09' }, 'people/bad-ministry-id'],
      [{ lifelongCode: '123' }, 'people/bad-lifelong-code'],
      [{ lifelongCode: '07921601234５６７８９０１２３４' }, 'people/bad-lifelong-code'],
    ] as const) {
      const refused = await call(schoolAdministrator, 'POST', `people/${pupil}/corrections`, { ...said, ...bad });
      assert.equal(refused.json.code, code);
    }
    const id = await propose(schoolAdministrator, pupil, { ...change, paper: 'ministry-database' });
    await two.confirm(id, schoolAdministrator);
    assert.deepEqual(await idsOf(schoolAdministrator), [before, null]);
    await assert.rejects(() => two.approve(id, schoolAdministrator), { code: /^approvals\// });
    const seen = await findApproval(context, two.ports, id, await two.actor(administrator), 'vi');
    for (const text of ['7912349999', '079216012345', 'Cơ sở dữ liệu ngành'])
      assert.ok(
        seen.facts.some(({ value }) => value.includes(text)),
        text,
      );
    await two.approve(id, administrator);
    assert.deepEqual(await idsOf(schoolAdministrator), ['7912349999', '079216012345']);
    const { rows } = await sql<{ homeroom: string }>`
      SELECT c.homeroom_teacher_id AS homeroom FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
      WHERE e.person_id = ${pupil} AND e.valid_until IS NULL AND c.homeroom_teacher_id IS NOT NULL`.execute(context.db);
    assert.deepEqual(await idsOf(rows[0]?.homeroom ?? ''), [null, null], 'a teacher does not need it');
    const { rows: kept } = await sql`
      SELECT FROM registry.person AS p WHERE p::text LIKE '%079216012345%' UNION ALL
      SELECT FROM platform.ledger_entry AS e WHERE e.data::text LIKE '%079216012345%'`.execute(context.db);
    assert.equal(kept.length, 0, 'in clear in no record and no log');

    const other = city.schools[1]?.administratorId ?? '';
    const taken = await propose(other, movedPupil, { lifelongCode: '079216012345' });
    await two.confirm(taken, other);
    await assert.rejects(() => two.approve(taken, administrator), { code: 'people/identifier-taken' });
    await sql`UPDATE registry.person SET status = 'left' WHERE id = ${pupil}`.execute(context.db);
    await assert.rejects(() => two.approve(taken, administrator), /./, 'nor after its owner left');
    await sql`UPDATE registry.person SET status = 'active' WHERE id = ${pupil}`.execute(context.db);
    const away = await propose(schoolAdministrator, pupil, { lifelongCode: null });
    await two.both(away, schoolAdministrator, administrator);
    assert.deepEqual(await idsOf(schoolAdministrator), ['7912349999', null], 'a wrong one is taken away');
  });

  test('T5: a correction of nothing, of a bad name, or without its paper is refused', async () => {
    const { city, call } = world;
    const { schoolAdministrator, pupil } = city.people;
    const send = async (body: object) =>
      (await call(schoolAdministrator, 'POST', `people/${pupil}/corrections`, body)).json.code;
    assert.equal(await send({ ...said }), 'people/nothing-corrected');
    assert.equal(await send({ ...said, fullName: '<b>' }), 'people/bad-name');
    assert.equal(await send({ ...said, birthDate: '2199-01-01' }), 'people/bad-birth-date');
    for (const body of [
      { ...said, reason: ' ' },
      { ...said, paperNumber: '' },
      { ...said, paper: 'hearsay' },
    ])
      assert.ok(await send({ ...body, fullName: 'Tên Mới' }));
    assert.equal(await nameOf(pupil), 'Tên Sửa Giữa');
  });
});
