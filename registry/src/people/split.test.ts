import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { dateInVietnam } from '@edutrust/platform/calendar';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';
import { type TwoPeople, twoPeople } from '../../testing/two-people.ts';
import { schoolYearAt } from '../classes/classes.ts';
import { merge } from './merge.ts';
import { findByEducationId } from './people.ts';
import { splitKind } from './split.ts';

describe('a wrong merge is taken apart by two people', () => {
  let world: Awaited<ReturnType<typeof openRegistry>>;
  let two: TwoPeople;
  let twin: { id: string; educationId: string };
  const actor = { kind: 'system', name: 'test' } as const;
  before(async () => {
    world = await openRegistry();
    two = twoPeople(world.context, [splitKind]);
    const { context, city, call } = world;
    const { schoolAdministrator, guardian, movedPupil } = city.people;
    const school = city.schools[0]?.id ?? '';
    const input = { fullName: 'Đặng Thị Ánh Nguyệt', role: 'learner', organisationId: school };
    const made = await call(schoolAdministrator, 'POST', 'people', input);
    assert.equal(made.status, 201, JSON.stringify(made.json));
    twin = made.json;
    const today = dateInVietnam(context.clock.now());
    await sql`INSERT INTO registry.local_code VALUES (${school}, 'learner', 'HS77', ${twin.id})`.execute(context.db);
    await sql`
      INSERT INTO registry.enrolment (id, person_id, class_id, valid_from)
      SELECT gen_random_uuid(), ${twin.id}, c.id, ${today}::date FROM registry.class AS c
      WHERE c.organisation_id = ${school} AND c.school_year = ${schoolYearAt(context.clock.now())} LIMIT 1`.execute(
      context.db,
    );
    // What the state gave the twin alone.
    await sql`
      UPDATE registry.person SET lifelong_code_index = 'one', lifelong_code_sealed = 'sealed one', personal_number_index = 'two',
        personal_number_sealed = 'sealed two' WHERE id = ${twin.id}`.execute(context.db);
    // One guardian of both children, and one of the twin alone.
    await sql`
      INSERT INTO registry.guardianship (id, guardian_id, child_id, relation, valid_from)
      VALUES (gen_random_uuid(), ${guardian}, ${twin.id}, 'father', ${today}), (gen_random_uuid(), ${movedPupil}, ${twin.id}, 'guardian', ${today})`.execute(
      context.db,
    );
  });
  after(() => world[Symbol.asyncDispose]());

  /** All that says whose is what, of both. */
  const facts = async () => {
    const both = [twin.id, world.city.people.pupil];
    const { rows } = await sql<{ facts: string }>`
      SELECT jsonb_build_object(
        'people', (SELECT jsonb_agg(jsonb_build_array(id, education_id, status, merged_into, home_organisation_id, moet_id_index, personal_number_index, lifelong_code_index) ORDER BY id) FROM registry.person WHERE id = ANY(${both})),
        'affiliations', (SELECT jsonb_agg(to_jsonb(f) ORDER BY f.id) FROM registry.affiliation AS f WHERE person_id = ANY(${both})),
        'enrolments', (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.id) FROM registry.enrolment AS e WHERE person_id = ANY(${both})),
        'codes', (SELECT jsonb_agg(to_jsonb(k) ORDER BY k.code) FROM registry.local_code AS k WHERE person_id = ANY(${both})),
        'guards', (SELECT jsonb_agg(jsonb_build_array(child_id, guardian_id, valid_until) ORDER BY child_id, guardian_id) FROM registry.guardianship WHERE child_id = ANY(${both})),
        'aliases', (SELECT jsonb_agg(to_jsonb(a) ORDER BY education_id) FROM registry.education_id_alias AS a WHERE person_id = ANY(${both})))::text AS facts`.execute(
      world.context.db,
    );
    return JSON.parse(rows[0]?.facts ?? '');
  };
  const mergeTwin = () =>
    world.context.db
      .transaction()
      .execute((tx) =>
        merge(tx, twin.id, world.city.people.pupil, { actor, today: dateInVietnam(world.context.clock.now()) }),
      );
  const propose = (by: string, educationId = twin.educationId) =>
    world.call(by, 'POST', `people/${world.city.people.pupil}/splits`, { educationId });

  test('both are who they were: IDs, school, class, codes and guardians, nothing more and nothing less; apps hear of it', async () => {
    const { administrator, securityOfficer: officer, pupil } = world.city.people;
    const before = await facts();
    await mergeTwin();
    assert.equal((await findByEducationId(world.context.db, twin.educationId))?.id, pupil);
    const { rows: carried } = await sql`
      SELECT FROM registry.person WHERE id = ${pupil} AND lifelong_code_sealed = 'sealed one'
        AND personal_number_sealed = 'sealed two' AND personal_number_index = 'two'`.execute(world.context.db);
    assert.equal(carried.length, 1, 'numbers of the state go along');
    const { status, json } = await propose(administrator);
    assert.equal(status, 202, JSON.stringify(json));
    await two.confirm(json.approval.id, administrator);
    assert.equal((await findByEducationId(world.context.db, twin.educationId))?.id, pupil, 'nothing by one person');
    await two.approve(json.approval.id, officer);
    assert.deepEqual(await facts(), before);
    assert.equal((await findByEducationId(world.context.db, twin.educationId))?.id, twin.id);
    const { rows } = await sql<{ type: string }>`
      SELECT type FROM platform.outbox WHERE subject_id = ${twin.id} AND type IN ('person.split', 'person.returned')
      ORDER BY id`.execute(world.context.db);
    assert.deepEqual(
      rows.map(({ type }) => type),
      ['person.split', 'person.returned'],
    );
    assert.equal((await propose(administrator)).json.code, 'people/not-merged', 'once');
  });

  test('what became of the record that stayed since then stays its own', async () => {
    const { administrator, securityOfficer: officer, pupil } = world.city.people;
    const school = world.city.schools[0]?.id ?? '';
    await mergeTwin();
    await sql`INSERT INTO registry.local_code VALUES (${school}, 'learner', 'HS78', ${pupil})`.execute(
      world.context.db,
    );
    await sql`DELETE FROM registry.local_code WHERE code = 'HS77'`.execute(world.context.db);
    const { json } = await propose(administrator);
    await two.both(json.approval.id, administrator, officer);
    const { codes, people } = await facts();
    assert.deepEqual(
      codes
        .map(({ code, person_id: of }: { code: string; person_id: string }) => [code, of])
        .filter(([code]: string[]) => code?.startsWith('HS7')),
      [['HS78', pupil]],
    );
    assert.ok(people.every(([, , status]: string[]) => status === 'active'));
  });

  test('T5: a school’s administrator, that of another school and the maker alone split nothing; a merge that was not kept is refused', async () => {
    const { administrator, securityOfficer: officer, schoolAdministrator, pupil } = world.city.people;
    await mergeTwin();
    for (const by of [schoolAdministrator, world.city.schools[1]?.administratorId ?? ''])
      assert.equal((await propose(by)).status, 403, by);
    const { json } = await propose(administrator);
    await two.confirm(json.approval.id, administrator);
    await assert.rejects(() => two.approve(json.approval.id, administrator), { code: /^approvals\// });
    await assert.rejects(() => two.approve(json.approval.id, schoolAdministrator), { code: /^approvals\// });
    await sql`DELETE FROM registry.merge`.execute(world.context.db);
    await assert.rejects(() => two.approve(json.approval.id, officer), { code: 'people/merge-not-kept' });
    assert.equal((await findByEducationId(world.context.db, twin.educationId))?.id, pupil);
  });
});
