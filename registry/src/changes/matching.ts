import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { findAlike, saidOther, takeAnswers, type Whose } from '../matching/ask.ts';
import { coversEveryRole, governedPeople } from '../permissions/bulk.ts';
import type { Planning } from './population.ts';

const rolesOf = (whose: Whose) => (whose === 'learner' ? ['learner'] : ['teacher', 'staff']);

/**
 * Finds the person of each row: by what a person said of it before; by the ministry's identifier; by the personal number together with the name; by the
 * school's own code, inside that school only, together with the name or the birth date; else by school, name and birth
 * date. Never by one number alone (D13). Who would be new and looks like a member of the school is asked about (`findAlike`).
 * What is not certain becomes a refusal or a question; a person beyond the actor's
 * reach is never compared, only referred (T3).
 */
export async function matchPeople(
  planning: Planning,
  whose: Whose,
  { mayRepeat = false }: { readonly mayRepeat?: boolean } = {},
): Promise<void> {
  const { transaction, actor, schoolYear } = planning;
  const roles = rolesOf(whose);
  const run = (statement: ReturnType<typeof sql>) => statement.execute(transaction);
  if (!mayRepeat) await refuseDuplicates(planning);
  await takeAnswers(planning, whose);
  await run(sql`
    UPDATE staged AS r SET person_id = p.id FROM registry.person AS p
    WHERE r.refusal IS NULL AND NOT r.is_settled AND p.moet_id_index = r.moet_id_index AND p.status <> 'merged'`);
  // Of several records with one personal number the one with the same name; one alone with another name is a question.
  await run(sql`
    WITH found AS (
      SELECT r.row, count(p.id) AS people,
        (array_agg(p.id ORDER BY p.id) FILTER (WHERE p.folded_name = registry.fold(r.full_name)))[1] AS named,
        (array_agg(p.id ORDER BY p.id))[1] AS any_one
      FROM staged AS r JOIN registry.person AS p
        ON p.personal_number_index = r.personal_number_index AND p.status <> 'merged'
      WHERE r.refusal IS NULL AND r.person_id IS NULL GROUP BY r.row)
    UPDATE staged AS r SET person_id = coalesce(named, any_one),
      doubt = CASE WHEN named IS NULL OR EXISTS (SELECT FROM registry.person AS p WHERE p.id = named
        AND p.moet_id_index IS NOT NULL AND r.moet_id_index IS NOT NULL) THEN 'personal-number-of-another' END
    FROM found WHERE r.row = found.row`);
  await run(sql`
    UPDATE staged AS r SET
      person_id = CASE WHEN same THEN p.id ELSE r.person_id END,
      doubt = CASE WHEN NOT same AND here THEN 'local-code-of-another' ELSE r.doubt END
    FROM (
      SELECT r2.row, l.person_id AS id,
        coalesce(q.folded_name = registry.fold(r2.full_name), false) OR coalesce(q.birth_date = r2.birth_date, false) AS agrees,
        (q.moet_id_index IS NULL OR r2.moet_id_index IS NULL OR q.moet_id_index = r2.moet_id_index) AS compatible,
        -- A code whose holder has another one in the same file is free: codes that were swapped move together.
        (moved.code IS NULL OR moved.code = l.code) AND EXISTS (SELECT FROM registry.affiliation AS f WHERE f.person_id = q.id
          AND f.organisation_id = r2.organisation_id AND f.role = ANY(${roles}) AND f.valid_until IS NULL) AS here
      FROM staged AS r2
      JOIN registry.local_code AS l ON l.organisation_id = r2.organisation_id AND l.kind = ${whose} AND l.code = r2.local_code
      JOIN registry.person AS q ON q.id = l.person_id AND q.status NOT IN ('merged', 'erased')
      LEFT JOIN (SELECT person_id, organisation_id, min(local_code) AS code FROM staged
        WHERE person_id IS NOT NULL AND local_code IS NOT NULL GROUP BY 1, 2) AS moved
        ON moved.person_id = l.person_id AND moved.organisation_id = l.organisation_id
      WHERE r2.refusal IS NULL AND NOT r2.is_settled AND NOT ${saidOther(sql.ref('r2.row'), sql.ref('l.person_id'))}) AS p
      CROSS JOIN LATERAL (SELECT p.agrees AND p.compatible AS same) AS verdict
    WHERE r.row = p.row AND (r.person_id IS NULL OR r.person_id <> p.id) AND NOT (r.person_id IS NOT NULL AND same)`);
  // Members of the rows' schools, by all three at once: a school's rows never meet all of its members one by one. Who has
  // left the school is looked for as well, after those who are there: who comes back is who they were (D5).
  await run(sql`
    WITH member AS MATERIALIZED (
      SELECT f.organisation_id, p.id, p.folded_name, p.birth_date, p.moet_id_index, p.personal_number_index, bool_or(f.valid_until IS NULL) AS is_now
      FROM registry.affiliation AS f JOIN registry.person AS p ON p.id = f.person_id
      WHERE f.role = ANY(${roles}) AND (f.valid_until IS NULL OR p.status IN ('left', 'archived')) AND f.organisation_id = ANY(ARRAY(
        SELECT DISTINCT organisation_id FROM staged WHERE refusal IS NULL AND person_id IS NULL AND doubt IS NULL))
      GROUP BY f.organisation_id, p.id
    ), asked AS MATERIALIZED (
      SELECT r.row, r.organisation_id, r.class_code, r.birth_date, r.moet_id_index, r.personal_number_index, registry.fold(r.full_name) AS folded_name
      FROM staged AS r WHERE r.refusal IS NULL AND r.person_id IS NULL AND r.doubt IS NULL AND EXISTS (SELECT FROM member)
    ), candidate AS (
      SELECT r.row, p.id, CASE WHEN NOT p.is_now THEN 2 WHEN EXISTS (
          SELECT FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
          WHERE e.person_id = p.id AND e.valid_until IS NULL AND c.organisation_id = r.organisation_id
            AND c.school_year = ${schoolYear} AND lower(c.code) = lower(r.class_code)) THEN 0 ELSE 1 END AS rank
      FROM asked AS r JOIN member AS p ON p.organisation_id = r.organisation_id AND p.folded_name = r.folded_name AND p.birth_date = r.birth_date
      WHERE (p.moet_id_index IS NULL OR r.moet_id_index IS NULL) AND NOT ${saidOther(sql.ref('r.row'), sql.ref('p.id'))}
        AND (p.personal_number_index IS NULL OR r.personal_number_index IS NULL OR p.personal_number_index = r.personal_number_index)
    ), best AS (
      SELECT row, array_agg(DISTINCT id) AS people FROM candidate
      WHERE rank = (SELECT min(rank) FROM candidate AS other WHERE other.row = candidate.row) GROUP BY row)
    UPDATE staged AS r SET
      person_id = CASE WHEN cardinality(people) = 1 THEN people[1] END,
      refusal = CASE WHEN cardinality(people) > 1 THEN 'ambiguous' END
    FROM best WHERE r.row = best.row`);
  if (!mayRepeat)
    await run(sql`
    UPDATE staged AS r SET refusal = 'same-person'
    FROM ${laterOf('person_id', 'person_id IS NOT NULL AND refusal IS NULL AND doubt IS NULL')} AS d
    WHERE r.row = d.row AND d.nth > 1`);
  await run(sql`ANALYZE staged (person_id)`);
  if (!mayRepeat) await findAlike(planning, whose);
  // Whom the actor governs, and who belongs to the school of the row now: written only where it is not so.
  if (actor.kind !== 'system')
    await run(sql`
      UPDATE staged AS r SET is_governed = false FROM registry.person AS p
      WHERE p.id = r.person_id AND r.refusal IS NULL AND NOT r.is_in_step AND NOT ${governedPeople(actor, 'roster.import')}`);
  await run(sql`
    UPDATE staged AS r SET is_here = false WHERE r.person_id IS NOT NULL AND r.refusal IS NULL AND NOT r.is_in_step AND NOT EXISTS (
      SELECT FROM registry.affiliation AS f WHERE f.person_id = r.person_id AND f.organisation_id = r.organisation_id
        AND f.role = ANY(${roles}) AND f.valid_until IS NULL)`);
  await judge(planning, whose);
}

/** Those after the first of every group of equal ones; the many that stand alone are grouped and not sorted. */
const laterOf = (group: string, among: string) =>
  sql.raw(`(
    SELECT row, row_number() OVER (PARTITION BY ${group} ORDER BY row) AS nth FROM staged
    WHERE ${among} AND (${group}) IN (SELECT ${group} FROM staged WHERE ${among} GROUP BY ${group} HAVING count(*) > 1))`);

async function refuseDuplicates({ transaction }: Planning): Promise<void> {
  for (const [group, identifier, refusal] of [
    ['moet_id_index', 'moet_id_index', 'duplicate-in-file'],
    ['personal_number_index', 'personal_number_index', 'duplicate-personal-number'],
    ['organisation_id, local_code', 'local_code', 'duplicate-local-code'],
  ] as const)
    await sql`
      UPDATE staged AS r SET refusal = ${refusal} FROM ${laterOf(group, `${identifier} IS NOT NULL`)} AS d
      WHERE r.row = d.row AND d.nth > 1 AND r.refusal IS NULL`.execute(transaction);
}

/** What follows from what was found; the first that fits. Nothing is written to a row of which nothing follows. */
async function judge({ transaction, actor }: Planning, whose: Whose): Promise<void> {
  const isStaff = sql`EXISTS (SELECT FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.role IN ('teacher', 'staff') AND f.valid_until IS NULL)`;
  const isLearner = sql`EXISTS (SELECT FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.role = 'learner' AND f.valid_until IS NULL)`;
  const otherRole = whose === 'learner' ? sql`${isStaff} AND NOT ${isLearner}` : sql`${isLearner} AND NOT ${isStaff}`;
  const nameDiffers = sql`coalesce(p.full_name <> r.full_name AND p.folded_name <> registry.fold(r.full_name), false)`;
  const birthDiffers = sql`coalesce(p.birth_date <> r.birth_date, false)`;
  await sql`
    UPDATE staged AS t SET skip = v.skip, refusal = v.refusal, referred = v.referred
    FROM (SELECT * FROM (
      SELECT r.row, CASE WHEN r.gone IS NOT NULL AND NOT r.is_here THEN 'gone-already' END AS skip,
        CASE
          WHEN r.gone IS NOT NULL AND NOT r.is_here THEN NULL
          WHEN NOT r.is_governed AND NOT r.is_here THEN NULL
          WHEN r.doubt IS NOT NULL THEN r.doubt
          WHEN NOT r.is_settled AND ${nameDiffers} AND ${birthDiffers} THEN 'somebody-else'
          WHEN r.gone IS NOT NULL AND NOT ${coversEveryRole(actor, 'roster.import')} THEN 'above-own'
          WHEN NOT r.is_here AND ${otherRole} THEN 'other-role'
          WHEN NOT r.is_settled AND NOT r.is_here AND (${nameDiffers} OR ${birthDiffers} OR r.full_name IS NULL AND r.birth_date IS NULL) THEN 'moved-and-renamed'
        END AS refusal,
        -- Beyond the actor's reach: who is above decides, and sees whether name and birth date agree.
        CASE WHEN NOT r.is_governed AND NOT r.is_here AND r.gone IS NULL THEN
          CASE WHEN p.folded_name = registry.fold(r.full_name) AND p.birth_date = r.birth_date AND r.doubt IS NULL AND NOT (${otherRole})
            THEN 'same' ELSE 'other' END END AS referred
      FROM staged AS r JOIN registry.person AS p ON p.id = r.person_id WHERE r.refusal IS NULL AND NOT r.is_in_step OFFSET 0) AS judged
      WHERE num_nonnulls(skip, refusal, referred) > 0) AS v
    WHERE t.row = v.row`.execute(transaction);
  await sql`
    UPDATE staged SET
      skip = CASE WHEN gone IS NOT NULL THEN 'gone-already' END,
      refusal = CASE WHEN gone IS NOT NULL THEN NULL WHEN doubt IS NOT NULL THEN doubt
        WHEN full_name IS NULL OR ${whose} = 'learner' AND birth_date IS NULL THEN 'unknown-without-name' END
    WHERE person_id IS NULL AND refusal IS NULL
      AND (gone IS NOT NULL OR doubt IS NOT NULL OR full_name IS NULL OR ${whose} = 'learner' AND birth_date IS NULL)`.execute(
    transaction,
  );
}

/** Why the database refused a row: the column it points at, and the sentence. A question is for people to answer. */
export const matchRefusals: Readonly<Record<string, { readonly field: string; readonly reason: Text }>> = {
  'duplicate-in-file': {
    field: 'moetId',
    reason: {
      vi: 'Mã định danh này đã có ở một dòng phía trên trong tệp.',
      en: 'A row above has the same identifier.',
    },
  },
  'duplicate-personal-number': {
    field: 'personalNumber',
    reason: {
      vi: 'Số định danh cá nhân này đã có ở một dòng phía trên trong tệp.',
      en: 'A row above has the same personal number.',
    },
  },
  'duplicate-local-code': {
    field: 'localCode',
    reason: {
      vi: 'Mã do trường cấp này đã có ở một dòng phía trên trong tệp.',
      en: "A row above has the same code of the school's own.",
    },
  },
  'somebody-else': {
    field: 'moetId',
    reason: {
      vi: 'Mã định danh này thuộc về người có họ tên và ngày sinh khác; kiểm tra lại mã.',
      en: 'The identifier belongs to somebody with another name and birth date; check it.',
    },
  },
  'moved-and-renamed': {
    field: 'moetId',
    reason: {
      vi: 'Mã này là của một người ở đơn vị khác mà họ tên hoặc ngày sinh không khớp. Có phải cùng một người không? Nếu phải, sửa hồ sơ (hoặc chuyển trường) cho người đó trước rồi nhập lại; nếu không, kiểm tra lại mã.',
      en: 'The identifier is that of somebody elsewhere whose name or birth date differs. Is it the same person? If so, correct or transfer their record first, then import again; if not, check the identifier.',
    },
  },
  'other-role': {
    field: 'moetId',
    reason: {
      vi: 'Mã này là của một người có vai trò khác (nhân sự hoặc học sinh); kiểm tra lại mã.',
      en: 'The identifier is that of somebody in another role (staff or learner); check it.',
    },
  },
  'personal-number-of-another': {
    field: 'personalNumber',
    reason: {
      vi: 'Số định danh cá nhân này là của một người khác tên hoặc khác mã định danh. Có phải cùng một người không? Sửa số ở tệp hoặc ở hồ sơ rồi nhập lại.',
      en: 'The personal number is that of somebody with another name or identifier. Is it the same person? Correct the number in the file or in the record, then import again.',
    },
  },
  'local-code-of-another': {
    field: 'localCode',
    reason: {
      vi: 'Mã do trường cấp này đang là của một người khác trong trường; kiểm tra lại mã.',
      en: "The school's own code now belongs to somebody else at this school; check it.",
    },
  },
  'looks-alike': {
    field: 'fullName',
    reason: {
      vi: 'Giống một hồ sơ đang có ở trường. Có phải cùng một người không? Trả lời ở «Ghép hồ sơ» rồi nhập lại.',
      en: 'It looks like somebody whom the school has. Is it the same person? Answer under “Matching”, then import again.',
    },
  },
  ambiguous: {
    field: 'fullName',
    reason: {
      vi: 'Trong trường có nhiều người trùng họ tên và ngày sinh; ghi thêm mã định danh để phân biệt.',
      en: 'Several people of the school have this name and birth date; add the identifier.',
    },
  },
  'same-person': {
    field: 'fullName',
    reason: { vi: 'Một dòng phía trên đã là người này.', en: 'A row above is this person already.' },
  },
  'unknown-without-name': {
    field: 'fullName',
    reason: {
      vi: 'Chưa có ai mang mã này ở trường; ghi đủ họ tên và ngày sinh để thêm hồ sơ.',
      en: 'Nobody at the school has this identifier; write name and birth date to add a record.',
    },
  },
  'no-grade': {
    field: 'grade',
    reason: {
      vi: 'Tên lớp không cho biết khối; thêm cột «Khối» (1–12, Lá, Chồi, Mầm, Nhà trẻ).',
      en: 'The class name shows no grade; add the column "Khối" (1–12, Lá, Chồi, Mầm, Nhà trẻ).',
    },
  },
  'grade-differs': {
    field: 'grade',
    reason: {
      vi: 'Lớp này đã thuộc một khối khác; kiểm tra lại cột «Khối» hoặc tên lớp.',
      en: 'The class belongs to another grade already; check the column "Khối" or the name of the class.',
    },
  },
  'no-class': {
    field: 'homeroomOf',
    reason: {
      vi: 'Trường chưa có lớp này trong năm học; mở lớp (hoặc nhập danh sách học sinh) trước.',
      en: 'The school has no such class this year; open it (or import the learners) first.',
    },
  },
  'above-own': {
    field: 'status',
    reason: {
      vi: 'Người này giữ một vai trò mà anh/chị không quản lý; nhờ cấp trên ghi thôi việc.',
      en: 'This person holds a role that you do not govern; ask the level above to end it.',
    },
  },
  'homeroom-twice': {
    field: 'homeroomOf',
    reason: {
      vi: 'Một dòng phía trên đã chủ nhiệm lớp này.',
      en: 'A row above is the homeroom teacher of this class already.',
    },
  },
  'no-such-child': {
    field: 'childName',
    reason: {
      vi: 'Không có học sinh nào như vậy đang học ở trường này; kiểm tra mã và họ tên.',
      en: 'No such learner is at this school now; check the identifier and the name.',
    },
  },
  'guardian-number-of-another': {
    field: 'personalNumber',
    reason: {
      vi: 'Số định danh cá nhân này là của một người khác tên; kiểm tra lại số.',
      en: 'The personal number is that of somebody with another name; check it.',
    },
  },
};

export const skipReasons: Readonly<Record<string, Text>> = {
  'gone-already': {
    vi: 'Trạng thái cho biết không còn ở trường, và trường cũng không có người này: không có gì để làm.',
    en: 'The status says that the person is gone, and the school has no such person: nothing to do.',
  },
};
