import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { type RegistryEvent, record } from '../events.ts';
import { addPeople, changePeople, done, endLeavers, keepLocalCodes, recordPeople } from './apply-people.ts';
import type { Applying } from './population.ts';

/** Does what the plan says of learners: classes, people, enrolments, leavers, and an event for each. */
export async function enrolLearners(applying: Applying): Promise<void> {
  await makeClasses(applying);
  await addPeople(applying);
  await changePeople(applying);
  await enrol(applying);
  await keepLocalCodes(applying, 'learner');
  await endLeavers(applying, 'learner');
  await recordPeople(applying);
}

/**
 * The class of `registry.roster_change AS c`, looked for in its own school and nowhere else: of a year that has just begun the
 * planner knows that there are no classes, and would read those of the city once for each of them.
 */
const classOf = (schoolYear: number) => sql`
  SELECT k.id FROM registry.class AS k
  WHERE k.organisation_id = c.organisation_id AND k.school_year = ${schoolYear} AND lower(k.code) = lower(c.class_code) LIMIT 1`;

async function makeClasses({ transaction, part, schoolYear, actor }: Applying): Promise<void> {
  const { rows } = await sql<{ organisation_id: string; class_code: string; grade: number }>`
    SELECT c.organisation_id, c.class_code, min(c.grade) AS grade FROM registry.roster_change AS c
    WHERE ${part} AND ${done} AND (${classOf(schoolYear)}) IS NULL
    GROUP BY 1, 2 ORDER BY 1, 2`.execute(transaction);
  const made = rows.map((row) => ({ ...row, id: uuidv7() }));
  await sql`
    INSERT INTO registry.class (id, organisation_id, school_year, code, grade)
    SELECT id, organisation_id, ${schoolYear}, class_code, grade
    FROM jsonb_to_recordset(${JSON.stringify(made)}::jsonb) AS r (id uuid, organisation_id uuid, class_code text, grade int)`.execute(
    transaction,
  );
  const events = made.map(
    ({ id, organisation_id }): RegistryEvent => ({
      type: 'class.created',
      actor,
      subject: { kind: 'class', id },
      organisationId: organisation_id,
    }),
  );
  await record(transaction, ...events);
}

/** Puts everybody of the plan into the school and the class that the file says; ends the learner's other ones. */
async function enrol({ transaction, part, schoolYear, today }: Applying): Promise<void> {
  const target = sql`
    SELECT c.person_id, c.organisation_id, k.id AS class_id FROM registry.roster_change AS c
    CROSS JOIN LATERAL (${classOf(schoolYear)}) AS k WHERE ${part} AND ${done}`;
  // Who is new belongs nowhere yet.
  const known = sql`(${target} AND c.action <> 'added')`;
  await sql`
    UPDATE registry.affiliation AS f SET valid_until = ${today} FROM ${known} AS t
    WHERE f.person_id = t.person_id AND f.role = 'learner' AND f.valid_until IS NULL AND f.organisation_id <> t.organisation_id`.execute(
    transaction,
  );
  await sql`
    UPDATE registry.enrolment AS e SET valid_until = ${today} FROM ${known} AS t
    WHERE e.person_id = t.person_id AND e.valid_until IS NULL AND e.class_id <> t.class_id`.execute(transaction);
  await sql`
    INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
    SELECT gen_random_uuid(), person_id, organisation_id, 'learner', ${today} FROM (${target}) AS t ON CONFLICT DO NOTHING`.execute(
    transaction,
  );
  await sql`
    INSERT INTO registry.enrolment (id, person_id, class_id, valid_from)
    SELECT gen_random_uuid(), person_id, class_id, ${today} FROM (${target}) AS t ON CONFLICT DO NOTHING`.execute(
    transaction,
  );
}
