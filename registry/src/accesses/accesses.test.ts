import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';
import { checkTask, checkTasks, findAccessAlarms, findingsBetween } from './check.ts';

interface Kept {
  readonly operation: string;
  readonly role: string | null;
  readonly reader_id: string | null;
  readonly people: string[];
}

let world: Awaited<ReturnType<typeof openRegistry>>;
before(async () => {
  world = await openRegistry();
});
after(() => world?.[Symbol.asyncDispose]());

/** The entries since the last time; the digests of all are in the log. */
async function entries(): Promise<Kept[]> {
  const { rows } = await sql<Kept & { logged: boolean }>`
    SELECT a.operation, a.role, a.reader_id, a.people, EXISTS (
      SELECT FROM platform.ledger_entry AS e WHERE e.id = a.id AND e.log = 'accesses') AS logged
    FROM registry.access AS a ORDER BY a.id`.execute(world.context.db);
  assert.ok(rows.every(({ logged }) => logged));
  await sql`TRUNCATE registry.access`.execute(world.context.db);
  return rows;
}

function roster(lines: readonly string[]): FormData {
  const form = new FormData();
  const header = 'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính';
  form.set('file', new Blob([[header, ...lines].join('\n')]), 'danh-sach.csv');
  return form;
}

test('N7: a school administrator who reads by list, search, class page, record, preview, export or error leaves an entry for each person', async () => {
  const { call, city, context } = world;
  const { pupil, guardian } = city.people;
  const [school, other] = city.schools;
  assert.ok(school && other);
  const reader = school.administratorId;
  await entries();
  const about = async (id: string, operation: string, status: number, ...asked: [string, string, object?]) => {
    const [method, path, body] = asked;
    const answer = await call(reader, method as 'GET', path, body as FormData | undefined);
    assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(answer.json)}`);
    const kept = await entries();
    assert.equal(kept.length, status < 300 ? 1 : 0, `${method} ${path}`);
    if (status >= 300) return answer;
    assert.deepEqual(
      [kept[0]?.operation, kept[0]?.reader_id, kept[0]?.role, kept[0]?.people.includes(id)],
      [operation, reader, 'school-administrator', true],
    );
    assert.ok(!kept[0]?.people.includes(reader), 'not of the reader');
    return answer;
  };
  const { rows } = await sql<{ class: string; name: string; number: string }>`
    SELECT e.class_id AS class, p.full_name AS name, p.education_id AS number FROM registry.enrolment AS e
    JOIN registry.person AS p ON p.id = e.person_id WHERE p.id = ${pupil} AND e.valid_until IS NULL`.execute(
    context.db,
  );
  const [of] = rows;
  assert.ok(of);
  await about(pupil, 'people.list', 200, 'GET', `people?class=${of.class}&limit=200`);
  await about(pupil, 'people.list', 200, 'GET', `people?q=${of.number}`);
  await about(pupil, 'people.list', 200, 'GET', `people?q=${encodeURIComponent(of.name)}`);
  await about(pupil, 'people.open', 200, 'GET', `people/${pupil}`);
  await about(guardian, 'people.open', 200, 'GET', `people/${pupil}`);
  await about(pupil, 'classes.open', 200, 'GET', `classes/${of.class}`);
  await about(pupil, 'people.change', 200, 'PATCH', `people/${pupil}`, {});
  const strange = await about(guardian, 'people.open', 403, 'GET', `people/${other.principalId}`);
  assert.ok(!JSON.stringify(strange.json).includes(other.principalId), 'what is refused tells nothing');
  const file = roster([`${school.code},5K,7922222250,Đào Thị Xem,01/01/2016,Nữ`]);
  const plan = await call(reader, 'POST', 'roster/plans', file);
  assert.deepEqual([plan.status, await entries()], [201, []], 'of nobody yet');
  await call(reader, 'POST', `roster/plans/${plan.json.id}/apply`, {});
  await entries();
  const again = await call(reader, 'GET', `roster/plans/${plan.json.id}`);
  const [seen] = await entries();
  assert.deepEqual([seen?.operation, seen?.people], ['roster.plan', [again.json.changes[0].personId]]);
  const result = await call(reader, 'GET', `roster/plans/${plan.json.id}/result`);
  assert.match(result.bytes.toString('utf8'), /Đào Thị Xem/);
  const [exported] = await entries();
  assert.deepEqual([exported?.operation, exported?.people], ['roster.export', seen?.people]);
  await call(reader, 'GET', 'me');
  assert.deepEqual(await entries(), [], 'what is one’s own leaves nothing');
});

test('N7: who reads a log is in the book too, also where it names nobody', async () => {
  const { call, city } = world;
  await entries();
  await call(city.people.auditor, 'GET', 'audit?type=nothing.ever&limit=5');
  const [kept, ...more] = await entries();
  assert.deepEqual([kept?.operation, kept?.reader_id, kept?.people, more], ['audit.list', city.people.auditor, [], []]);
});

test('N7: officers see who read the logs, and who read that; a school administrator and the department’s do not', async () => {
  const { call, city } = world;
  const { auditor, securityOfficer, administrator, schoolAdministrator } = city.people;
  await entries();
  await call(auditor, 'GET', 'audit?limit=1');
  const read = (person: string) => call(person, 'GET', 'accesses?operation=audit.list');
  const { status, json } = await read(securityOfficer);
  assert.deepEqual([status, json.items.map(({ reader }: { reader: { id: string } }) => reader.id)], [200, [auditor]]);
  const again = await call(auditor, 'GET', `accesses?operation=accesses.list&reader=${securityOfficer}`);
  assert.deepEqual(
    again.json.items.map(({ operation }: { operation: string }) => operation),
    ['accesses.list'],
  );
  for (const person of [administrator, schoolAdministrator]) assert.equal((await read(person)).status, 403);
});

test('N7: an answer that names fifty costs one statement more, one entry and one leaf', async () => {
  const { call, city, context } = world;
  const reader = city.people.administrator;
  await entries();
  const count = async (path: string) => {
    const { pool } = context;
    const statements: string[] = [];
    const query = pool.query.bind(pool);
    // biome-ignore lint/suspicious/noExplicitAny: pg's own overloads, which TypeScript cannot pass on
    pool.query = ((...given: any[]) => {
      statements.push(String(given[0]?.text ?? given[0]));
      return (query as (...all: unknown[]) => unknown)(...given);
    }) as typeof pool.query;
    try {
      assert.equal((await call(reader, 'GET', path)).status, 200);
    } finally {
      pool.query = query;
    }
    return statements.filter((text) => /registry\.access|platform\.ledger/.test(text)).length;
  };
  assert.equal(await count('people?role=learner&limit=50'), 1);
  const [kept, ...more] = await entries();
  assert.deepEqual([kept?.people.length, more], [50, []]);
});

test('N7: the night’s check finds an entry that was removed, one that was altered and one that never went through the log', async () => {
  const { call, city, context } = world;
  const { db, clock } = context;
  await sql`TRUNCATE registry.access, registry.access_finding`.execute(db);
  await sql`DELETE FROM platform.ledger_entry WHERE log = 'accesses'`.execute(db);
  for (const id of [city.people.pupil, city.people.guardian, city.people.teacher])
    assert.equal((await call(city.people.administrator, 'GET', `people/${id}`)).status, 200);
  const night = async () => {
    await checkTasks(context)[checkTask]?.({});
    const { findings, checkedAt } = await findingsBetween(db, new Date(0), new Date(clock.now().getTime() + 60_000));
    assert.ok(checkedAt);
    return findings.map(({ problem }) => problem).sort();
  };
  assert.deepEqual(await night(), []);
  const { rows } = await sql<{ id: string }>`SELECT id FROM registry.access ORDER BY id`.execute(db);
  await sql`DELETE FROM registry.access WHERE id = ${rows[0]?.id}`.execute(db);
  assert.deepEqual(await night(), ['removed']);
  await sql`UPDATE registry.access SET people = '{}' WHERE id = ${rows[1]?.id}`.execute(db);
  await sql`INSERT INTO registry.access SELECT gen_random_uuid(), at, operation, reader_kind, reader_id, role, organisation_id, people, salt
    FROM registry.access WHERE id = ${rows[2]?.id}`.execute(db);
  assert.deepEqual(await night(), ['added', 'altered', 'removed']);
  assert.deepEqual(
    (await findAccessAlarms(context)).map(({ code, about }) => [code, about]),
    [['accesses-differ', '3']],
  );
});
