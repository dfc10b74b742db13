import { sql } from 'kysely';
import { type RegistryEvent, record } from '../events.ts';
import { askPeople } from '../matching/ask.ts';
import { coversEveryRole, endRolesAt, grantTeachers } from '../permissions/bulk.ts';
import { addPeople, changePeople, done, endLeavers, keepLocalCodes, recordPeople } from './apply-people.ts';
import {
  anyOf,
  changeColumns,
  changed,
  countUnchanged,
  factFields,
  listed,
  sealNew,
  tellVerdicts,
  writeAdded,
  writeGone,
} from './compare.ts';
import { whyHeld } from './hold.ts';
import { matchPeople } from './matching.ts';
import type { Applying, Planning, Population, Sink } from './population.ts';
import type { PersonRow } from './row.ts';
import { type KeptPeople, keepPeople } from './staging.ts';

/** Staff of schools, wards and the department, and which class a teacher is the homeroom teacher of. */
export const staff: Population<PersonRow> = {
  id: 'staff',
  action: 'roster.import',
  keep: keepPeople,
  async plan(planning, kept: KeptPeople, sink) {
    await kept.stage(planning, sink);
    await findHomerooms(planning);
    await matchPeople(planning, 'staff');
    await askPeople(planning, 'staff', sink);
    await tellVerdicts(planning, sink);
    await sealNew(planning, kept);
    await writeAdded(planning);
    await writeChanged(planning);
    await writeGone(planning);
    const unchanged = await countUnchanged(planning);
    await writeAbsent(planning, sink);
    return { unchanged, heldReasons: await whyHeld(planning, 'staff') };
  },
  apply,
};

async function findHomerooms({ transaction, schoolYear }: Planning): Promise<void> {
  await sql`
    UPDATE staged AS r SET homeroom_of = coalesce(k.code, r.homeroom_of),
      refusal = CASE WHEN k.code IS NULL AND r.gone IS NULL THEN 'no-class' WHEN named.nth > 1 AND r.gone IS NULL THEN 'homeroom-twice' END
    FROM (SELECT row, organisation_id, homeroom_of,
            row_number() OVER (PARTITION BY organisation_id, lower(homeroom_of) ORDER BY gone IS NOT NULL, row) AS nth
          FROM staged WHERE homeroom_of IS NOT NULL) AS named
    LEFT JOIN registry.class AS k ON k.organisation_id = named.organisation_id AND k.school_year = ${schoolYear} AND lower(k.code) = lower(named.homeroom_of)
    WHERE r.row = named.row`.execute(transaction);
}

/** What somebody is at the school of the row now. */
const here = sql`SELECT f.title, f.role FROM registry.affiliation AS f
  WHERE f.person_id = p.id AND f.organisation_id = r.organisation_id AND f.role IN ('teacher', 'staff') AND f.valid_until IS NULL`;

async function writeChanged({ transaction, planId, schoolYear, actor }: Planning): Promise<void> {
  const places = [
    changed(
      sql`NOT r.is_here`,
      'Đơn vị',
      sql`(SELECT name FROM registry.organisation WHERE id = p.home_organisation_id)`,
      sql`(SELECT name FROM registry.organisation WHERE id = r.organisation_id)`,
    ),
    changed(
      sql`r.is_here AND r.title IS NOT NULL AND r.title IS DISTINCT FROM now.title`,
      'Chức vụ',
      sql`now.title`,
      sql`r.title`,
    ),
    changed(
      sql`r.homeroom_of IS NOT NULL AND NOT EXISTS (SELECT FROM registry.class AS k WHERE k.organisation_id = r.organisation_id
        AND k.school_year = ${schoolYear} AND k.code = r.homeroom_of AND k.homeroom_teacher_id = p.id)`,
      'Lớp chủ nhiệm',
      sql`(SELECT string_agg(k.code, ', ' ORDER BY k.code) FROM registry.class AS k WHERE k.organisation_id = r.organisation_id
        AND k.school_year = ${schoolYear} AND k.homeroom_teacher_id = p.id)`,
      sql`r.homeroom_of`,
    ),
    changed(
      sql`r.local_code IS NOT NULL AND r.local_code IS DISTINCT FROM (SELECT min(l.code) FROM registry.local_code AS l
        WHERE l.organisation_id = r.organisation_id AND l.kind = 'staff' AND l.person_id = p.id)`,
      'Mã cán bộ',
    ),
    changed(
      sql`p.status IN ('left', 'archived')`,
      'Trạng thái',
      sql`CASE p.status WHEN 'left' THEN 'đã rời' ELSE 'lưu trữ' END`,
      sql`'đang ở đơn vị'::text`,
    ),
  ];
  await sql`
    WITH compared AS (
      SELECT r.*, p.version, p.full_name AS known_name, p.birth_date AS known_birth_date,
        -- A title of somebody with a higher role is not the school's to write alone.
        (r.is_here AND r.title IS NOT NULL AND r.title IS DISTINCT FROM now.title AND NOT ${coversEveryRole(actor, 'roster.import')}) AS is_above,
        ${listed(factFields)} AS facts, ${listed(places)} AS places
      FROM staged AS r JOIN registry.person AS p ON p.id = r.person_id
      LEFT JOIN LATERAL (${here} ORDER BY f.valid_from DESC LIMIT 1) AS now ON true
      WHERE r.refusal IS NULL AND r.skip IS NULL AND r.gone IS NULL AND (r.referred IS NOT NULL OR ${anyOf([...factFields, ...places])}))
    INSERT INTO registry.roster_change (${changeColumns})
    SELECT ${planId}, compared.row, CASE WHEN is_referred THEN 'referred' ELSE 'changed' END, person_id, version, organisation_id, NULL, NULL,
      coalesce(full_name, CASE WHEN NOT is_referred THEN known_name END, ''), coalesce(birth_date, CASE WHEN NOT is_referred THEN known_birth_date END),
      gender, moet_id_sealed, moet_id_index, personal_number_sealed, personal_number_index, local_code, details, role, title, homeroom_of,
      CASE WHEN is_referred THEN coalesce(referred, 'same') END, facts || places
    FROM compared LEFT JOIN sealed ON sealed.row = compared.row
    CROSS JOIN LATERAL (SELECT referred IS NOT NULL OR is_above OR NOT is_governed AND facts <> '[]' AS is_referred) AS reach
    WHERE is_referred OR facts || places <> '[]'`.execute(transaction);
}

/** As for learners: only a file declared complete for the school, and nobody who holds more than the actor governs. */
async function writeAbsent(planning: Planning, { note, refused }: Sink): Promise<void> {
  const { transaction, planId, completeness, actor, schoolYear } = planning;
  if (completeness !== 'schools') return;
  const uncertain = refused.map(({ organisationId }) => organisationId);
  const { rows } = await sql<{ id: string; name: string; rows: number; referred: number }>`
    SELECT o.id, o.name, count(*) AS rows,
      (SELECT count(*) FROM registry.roster_change AS c WHERE c.plan_id = ${planId} AND c.organisation_id = o.id AND c.action = 'referred') AS referred
    FROM staged AS r JOIN registry.organisation AS o ON o.id = r.organisation_id
    GROUP BY o.id ORDER BY o.code`.execute(transaction);
  const certain = rows.filter(
    ({ id, referred }) => !uncertain.includes(undefined) && !uncertain.includes(id) && referred === 0,
  );
  for (const { name, rows: count } of certain.slice(0, 20))
    note({
      vi: `Người nhập khai tệp đủ nhân sự của ${name}, năm học ${schoolYear}–${schoolYear + 1}, ${count} dòng. Ai vắng mặt trong tệp được ghi là rời.`,
      en: `Declared complete for the staff of ${name} by the importer, school year ${schoolYear}–${schoolYear + 1}, ${count} rows. Anyone absent has left.`,
    });
  if (certain.length < rows.length)
    note({
      vi: 'Có dòng bị từ chối hoặc chưa rõ là ai, nên không ai của đơn vị đó được ghi là rời vì vắng mặt.',
      en: 'Some rows were refused or are not certain, so nobody at that organisation is taken to have left because they are absent.',
    });
  const absent = sql`registry.affiliation AS f JOIN registry.person AS p ON p.id = f.person_id
    WHERE f.organisation_id = ANY(${certain.map(({ id }) => id)}::uuid[]) AND f.role IN ('teacher', 'staff') AND f.valid_until IS NULL AND p.status = 'active'
      AND p.id IS DISTINCT FROM ${actor.kind === 'person' ? actor.personId : null}::uuid
      AND NOT EXISTS (SELECT FROM staged AS r WHERE r.person_id = p.id)`;
  const covers = coversEveryRole(actor, 'roster.import');
  await sql`
    INSERT INTO registry.roster_change (${changeColumns})
    SELECT ${planId}, (SELECT coalesce(max(row), 0) FROM staged) + row_number() OVER (ORDER BY p.id), 'left',
      p.id, p.version, f.organisation_id, NULL, NULL, p.full_name, p.birth_date, p.gender, NULL, NULL, NULL, NULL, NULL, NULL, max(f.role), NULL, NULL, NULL, '[]'
    FROM ${absent} AND ${covers} GROUP BY p.id, f.organisation_id`.execute(transaction);
  const { rows: above } = await sql<{ people: number }>`
    SELECT count(DISTINCT p.id) AS people FROM ${absent} AND NOT ${covers}`.execute(transaction);
  const people = above[0]?.people ?? 0;
  if (people > 0)
    note({
      vi: `${people} người không có trong tệp giữ vai trò mà anh/chị không quản lý, nên không được ghi là rời; nhờ cấp trên.`,
      en: `${people} people who are not in the file hold roles that you do not govern, so they do not leave; ask the level above.`,
    });
}

async function apply(applying: Applying): Promise<void> {
  const { transaction, part, actor, today } = applying;
  await addPeople(applying);
  await changePeople(applying);
  await sql`
    UPDATE registry.affiliation AS f SET title = coalesce(c.title, f.title) FROM registry.roster_change AS c
    WHERE ${part} AND ${done} AND f.person_id = c.person_id AND f.organisation_id = c.organisation_id
      AND f.role IN ('teacher', 'staff') AND f.valid_until IS NULL`.execute(transaction);
  await sql`
    INSERT INTO registry.affiliation (id, person_id, organisation_id, role, title, valid_from)
    SELECT gen_random_uuid(), c.person_id, c.organisation_id, c.role, c.title, ${today} FROM registry.roster_change AS c
    WHERE ${part} AND ${done} AND (c.role = 'teacher' OR NOT EXISTS (
      SELECT FROM registry.affiliation AS f WHERE f.person_id = c.person_id AND f.organisation_id = c.organisation_id
        AND f.role IN ('teacher', 'staff') AND f.valid_until IS NULL))
    ON CONFLICT DO NOTHING`.execute(transaction);
  await keepLocalCodes(applying, 'staff');
  await nameHomeroomTeachers(applying);
  const placed = async (which: ReturnType<typeof sql>) =>
    (
      await sql<{ personId: string; organisationId: string }>`
        SELECT c.person_id AS "personId", c.organisation_id AS "organisationId" FROM registry.roster_change AS c
        WHERE ${part} AND ${which}`.execute(transaction)
    ).rows;
  await grantTeachers(transaction, applying.context, await placed(sql`${done} AND c.role = 'teacher'`), actor);
  await endLeavers(applying, 'staff');
  await endRolesAt(transaction, await placed(sql`c.action = 'left'`), actor);
  await recordPeople(applying);
}

/** The class's own event for each, also for the classes that a leaver taught: those first, another may take them over. */
async function nameHomeroomTeachers({ transaction, part, schoolYear, actor }: Applying): Promise<void> {
  const ended = sql`homeroom_teacher_id = NULL FROM registry.roster_change AS c
    WHERE ${part} AND c.action = 'left' AND k.homeroom_teacher_id = c.person_id`;
  const named = sql`homeroom_teacher_id = c.person_id FROM registry.roster_change AS c
    WHERE ${part} AND ${done} AND k.code = c.homeroom_of AND k.homeroom_teacher_id IS DISTINCT FROM c.person_id`;
  for (const change of [ended, named]) {
    const { rows } = await sql<{ id: string; organisation_id: string; homeroom_teacher_id: string | null }>`
      UPDATE registry.class AS k SET ${change} AND k.organisation_id = c.organisation_id AND k.school_year = ${schoolYear}
      RETURNING k.id, k.organisation_id, k.homeroom_teacher_id`.execute(transaction);
    const events = rows.map(
      ({ id, organisation_id, homeroom_teacher_id }): RegistryEvent => ({
        type: 'class.changed',
        actor,
        subject: { kind: 'class', id },
        organisationId: organisation_id,
        data: {
          fields: ['homeroom_teacher_id'],
          ...(homeroom_teacher_id ? { homeroomTeacherId: homeroom_teacher_id } : {}),
        },
      }),
    );
    await record(transaction, ...events);
  }
}
