import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';
import { type TwoPeople, twoPeople } from '../../testing/two-people.ts';
import { verifyApproval } from '../approvals/approvals.ts';
import { findApproval } from '../approvals/views.ts';
import { endRole, grantRole } from '../permissions/permissions.ts';
import { applyRosterKind } from './approval.ts';

const header = 'STT,Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính';

function upload(lines: readonly string[], fields: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([[header, ...lines].join('\n')]), 'danh-sach.csv');
  return form;
}

describe('a held roster takes two people', () => {
  let world: Awaited<ReturnType<typeof openRegistry>>;
  let two: TwoPeople;
  let maker: string;
  let officer: string;
  let next = 1_000;
  before(async () => {
    world = await openRegistry();
    two = twoPeople(world.context, [applyRosterKind]);
    maker = world.city.people.administrator;
    officer = world.city.people.securityOfficer;
  });
  after(() => world[Symbol.asyncDispose]());
  beforeEach(() => sql`DELETE FROM registry.credential_act`.execute(world.context.db));

  /** A plan by which three classes lose everybody but one new pupil each; and the people of it. */
  async function held(): Promise<string> {
    next += 10;
    const lines = ['10A1', '11A1', '12A1'].map((code, i) => `,THPT001,${code},792222${next + i},Em Mới,01/01/2010,Nam`);
    const made = await world.call(maker, 'POST', 'roster/plans', upload(lines, { completeness: 'classes' }));
    assert.deepEqual([made.status, made.json.status, made.json.may], [201, 'held', ['propose']]);
    return made.json.id;
  }
  async function proposed(plan: string, by = maker): Promise<string> {
    const answer = await world.call(by, 'POST', `roster/plans/${plan}/release`);
    assert.equal(answer.status, 202, JSON.stringify(answer.json));
    await two.confirm(answer.json.approval.id, by);
    return answer.json.approval.id;
  }
  const stateOf = async (plan: string) => {
    const { rows } = await sql<{ status: string; events: number }>`
      SELECT status, (SELECT count(*) FROM platform.outbox WHERE type = 'roster.applied' AND subject_id = ${plan})::int AS events
      FROM registry.roster_plan WHERE id = ${plan}`.execute(world.context.db);
    return [rows[0]?.status, rows[0]?.events];
  };
  const nothing = ['held', 0];
  const view = (id: string, personId: string) =>
    two.actor(personId).then((actor) => findApproval(world.context, two.ports, id, actor, 'vi'));

  test('Q2, D3: nobody applies it alone; the second sees every number and the lines behind the digest; both proofs stay', async () => {
    const plan = await held();
    assert.equal((await world.call(maker, 'POST', `roster/plans/${plan}/apply`, {})).json.code, 'roster/second-person');
    const id = await proposed(plan);
    assert.equal(await proposed(plan).catch(() => id), id, 'proposed twice is one');
    assert.deepEqual((await world.call(maker, 'GET', `roster/plans/${plan}`)).json.may, [], 'it is under way');
    await assert.rejects(two.approve(id, maker), 'its maker');
    const seen = await view(id, officer);
    const lines = await world.call(officer, 'GET', `roster/plans/${plan}`);
    assert.deepEqual([seen.may, seen.page, lines.status], [['approve', 'refuse'], `/admin/import?plan=${plan}`, 200]);
    assert.ok(seen.facts.some(({ value }) => value === lines.json.digest));
    assert.match(seen.title, new RegExp(`rời ${lines.json.totals.left},`));
    assert.ok(lines.json.changes.every(({ fullName }: { fullName: string }) => fullName !== ''));
    assert.equal((await world.call(officer, 'POST', `roster/plans/${plan}/release`)).status, 403, 'imports nothing');
    assert.deepEqual(await stateOf(plan), nothing);
    await two.approve(id, officer);
    assert.deepEqual(await stateOf(plan), ['applied', 1]);
    await assert.rejects(two.approve(id, officer), { code: 'approvals/not-now' });
    assert.deepEqual(await stateOf(plan), ['applied', 1]);
    await world.context.ledger.integrate();
    assert.equal((await verifyApproval(world.context, id)).isValid, true);
    assert.equal((await world.call(officer, 'GET', `roster/plans/${plan}`)).json.approvalId, id);
  });

  test('Q1: a teacher, who made the code of the other within 72 hours, and who stands in the file are no second person', async () => {
    const plan = await held();
    const { people } = world.city;
    for (const person of [people.teacher, people.pupil])
      assert.equal((await world.call(person, 'GET', `roster/plans/${plan}`)).status, 403);
    const id = await proposed(plan);
    await assert.rejects(two.approve(id, people.teacher), { code: 'approvals/not-found' });
    await sql`INSERT INTO registry.credential_act (id, person_id, by_id, kind, at)
      VALUES (gen_random_uuid(), ${officer}, ${maker}, 'code-made', now())`.execute(world.context.db);
    await assert.rejects(two.approve(id, officer), { code: 'approvals/credentials' });
    await sql`DELETE FROM registry.credential_act`.execute(world.context.db);
    await sql`UPDATE registry.roster_change SET person_id = ${officer} WHERE plan_id = ${plan} AND action = 'left'
      AND row = (SELECT min(row) FROM registry.roster_change WHERE plan_id = ${plan} AND action = 'left')`.execute(
      world.context.db,
    );
    await assert.rejects(two.approve(id, officer), { code: 'approvals/concerns-you' });
    assert.deepEqual(await stateOf(plan), nothing);
  });

  test('Q2: one changed row, one changed person, a maker without the role: nothing is done', async () => {
    const { db } = world.context;
    const attacks: readonly (readonly [code: string, attack: (plan: string) => Promise<unknown>])[] = [
      [
        'roster/plan-changed',
        (plan) =>
          sql`UPDATE registry.roster_change SET full_name = 'Kẻ Khác' WHERE plan_id = ${plan} AND action = 'added'
          AND row = (SELECT min(row) FROM registry.roster_change WHERE plan_id = ${plan} AND action = 'added')`.execute(
            db,
          ),
      ],
      [
        'roster/people-changed',
        (plan) =>
          sql`UPDATE registry.person SET version = version + 1 WHERE id = (
          SELECT person_id FROM registry.roster_change WHERE plan_id = ${plan} AND action = 'left' LIMIT 1)`.execute(
            db,
          ),
      ],
    ];
    for (const [code, attack] of attacks) {
      const plan = await held();
      const id = await proposed(plan);
      await attack(plan);
      await assert.rejects(two.approve(id, officer), { code });
      assert.deepEqual([await stateOf(plan), (await view(id, maker)).state], [nothing, 'failed']);
    }
    const [, , upper] = world.city.schools;
    assert.ok(upper);
    const by = { kind: 'system', name: 'setup' } as const;
    const grant = {
      personId: world.city.people.principal,
      role: 'school-administrator',
      organisationId: upper.id,
    } as const;
    const roleId = await db.transaction().execute((tx) => grantRole(tx, world.context, grant, by));
    const plan = await held();
    const id = await proposed(plan, grant.personId);
    await db.transaction().execute((tx) => endRole(tx, roleId, by));
    await assert.rejects(two.approve(id, officer), { code: 'roster/beyond-reach' });
    assert.deepEqual([await stateOf(plan), (await view(id, maker)).state], [nothing, 'failed']);
  });

  test('Q2, G1: killed in the middle nothing is done, and the same approval does it once; a second one of the same plan does nothing', async () => {
    const { db } = world.context;
    const plan = await held();
    const id = await proposed(plan);
    await sql`CREATE FUNCTION registry.die() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$`.execute(db);
    await sql`CREATE TRIGGER die BEFORE UPDATE ON registry.roster_plan FOR EACH ROW
      WHEN (NEW.status = 'applied') EXECUTE FUNCTION registry.die()`.execute(db);
    await assert.rejects(two.approve(id, officer));
    await sql`DROP TRIGGER die ON registry.roster_plan`.execute(db);
    assert.deepEqual([await stateOf(plan), (await view(id, maker)).state], [nothing, 'confirmed']);
    const { rows } = await sql`SELECT FROM registry.roster_undo WHERE plan_id = ${plan}`.execute(db);
    assert.equal(rows.length, 0);
    await two.approve(id, officer);
    assert.deepEqual(await stateOf(plan), ['applied', 1]);

    const [, , upper] = world.city.schools;
    assert.ok(upper);
    const second = world.city.people.principal;
    await db
      .transaction()
      .execute((tx) =>
        grantRole(
          tx,
          world.context,
          { personId: second, role: 'school-administrator', organisationId: upper.id },
          { kind: 'system', name: 'setup' },
        ),
      );
    const shared = await held();
    const [one, other] = [await proposed(shared), await proposed(shared, second)];
    await two.approve(other, officer);
    await assert.rejects(two.approve(one, officer), { code: 'roster/not-held' });
    assert.deepEqual(await stateOf(shared), ['applied', 1]);
  });
});
