import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { askPeople } from '../matching/ask.ts';
import { enrolLearners } from './apply-learners.ts';
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
import type { Planning, Population, Sink } from './population.ts';
import { rememberInStep } from './remember.ts';
import type { PersonRow, Refusal } from './row.ts';
import { type KeptPeople, keepPeople } from './staging.ts';

/** Learners of schools: who is in which class this year. */
export const learners: Population<PersonRow> = {
  id: 'learners',
  action: 'roster.import',
  keep: keepPeople,
  async plan(planning, kept: KeptPeople, sink) {
    await kept.stage(planning, sink);
    await nameClasses(planning);
    await matchPeople(planning, 'learner');
    await askPeople(planning, 'learner', sink);
    await tellVerdicts(planning, sink);
    await sealNew(planning, kept);
    await writeAdded(planning);
    await writeChanged(planning);
    await writeGone(planning);
    const unchanged = await countUnchanged(planning);
    await writeAbsent(planning, sink);
    await tellNewClasses(planning, sink);
    return { unchanged, heldReasons: await whyHeld(planning, 'learner') };
  },
  remember: rememberInStep,
  apply: enrolLearners,
};

/** A class is the same however its letters are written; its grade is one. */
async function nameClasses({ transaction, schoolYear }: Planning): Promise<void> {
  await sql`
    UPDATE staged AS r SET class_code = named.code, grade = coalesce(named.grade, r.grade),
      refusal = CASE WHEN r.gone IS NULL AND named.grade IS NULL THEN 'no-grade'
        WHEN r.gone IS NULL AND r.grade IS NOT NULL AND r.grade <> named.grade THEN 'grade-differs' END
    FROM (
      SELECT f.organisation_id, f.folded, coalesce(k.code, f.code) AS code, coalesce(k.grade, f.grade) AS grade
      FROM (SELECT organisation_id, lower(class_code) AS folded, (array_agg(class_code ORDER BY row))[1] AS code,
              (array_agg(grade ORDER BY row) FILTER (WHERE grade IS NOT NULL AND gone IS NULL))[1] AS grade
            FROM staged WHERE class_code IS NOT NULL AND NOT is_in_step GROUP BY 1, 2) AS f
      LEFT JOIN registry.class AS k ON k.organisation_id = f.organisation_id AND k.school_year = ${schoolYear} AND lower(k.code) = f.folded
    ) AS named
    WHERE NOT r.is_in_step AND r.organisation_id = named.organisation_id AND lower(r.class_code) = named.folded
      AND (r.class_code <> named.code OR r.grade IS DISTINCT FROM named.grade OR named.grade IS NULL)`.execute(
    transaction,
  );
}

async function writeChanged({ transaction, planId, schoolYear }: Planning): Promise<void> {
  const placeFields = [
    changed(sql`now.code IS DISTINCT FROM r.class_code`, 'Mã lớp', sql`now.shown`, sql`r.class_code`),
    changed(
      sql`NOT r.is_here`,
      'Mã trường',
      sql`(SELECT name FROM registry.organisation WHERE id = coalesce(now.organisation_id, p.home_organisation_id))`,
      sql`(SELECT name FROM registry.organisation WHERE id = r.organisation_id)`,
    ),
    changed(
      sql`r.local_code IS NOT NULL AND r.local_code IS DISTINCT FROM (SELECT min(l.code) FROM registry.local_code AS l
        WHERE l.organisation_id = r.organisation_id AND l.kind = 'learner' AND l.person_id = p.id)`,
      'Mã học sinh',
    ),
    changed(
      sql`p.status IN ('left', 'archived')`,
      'Trạng thái',
      sql`CASE p.status WHEN 'left' THEN 'đã rời' ELSE 'lưu trữ' END`,
      sql`'đang ở đơn vị'::text`,
    ),
  ];
  const mine = sql`SELECT person_id FROM staged WHERE person_id IS NOT NULL AND NOT is_in_step`;
  await sql`
    WITH now AS (
      SELECT DISTINCT ON (e.person_id) e.person_id, CASE WHEN c.school_year = ${schoolYear} THEN c.code END AS code, c.organisation_id,
        CASE WHEN c.school_year = ${schoolYear} THEN c.code ELSE format('%s (%s–%s)', c.code, c.school_year, c.school_year + 1) END AS shown
      FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
      WHERE e.valid_until IS NULL AND e.person_id IN (${mine})
      ORDER BY e.person_id, c.school_year DESC, e.valid_from DESC
    ), compared AS (
      SELECT r.*, p.version, p.full_name AS known_name, p.birth_date AS known_birth_date,
        ${listed(factFields)} AS facts, ${listed(placeFields)} AS places
      FROM staged AS r JOIN registry.person AS p ON p.id = r.person_id
      LEFT JOIN now ON now.person_id = p.id
      WHERE r.refusal IS NULL AND r.skip IS NULL AND r.gone IS NULL AND NOT r.is_in_step
        AND (r.referred IS NOT NULL OR ${anyOf([...factFields, ...placeFields])}))
    INSERT INTO registry.roster_change (${changeColumns})
    SELECT ${planId}, compared.row, CASE WHEN is_referred THEN 'referred' ELSE 'changed' END, person_id, version, organisation_id, class_code, grade,
      coalesce(full_name, CASE WHEN NOT is_referred THEN known_name END, ''), coalesce(birth_date, CASE WHEN NOT is_referred THEN known_birth_date END),
      gender, moet_id_sealed, moet_id_index, personal_number_sealed, personal_number_index, local_code, details, role, title, NULL,
      CASE WHEN is_referred THEN coalesce(referred, 'same') END, facts || places
    FROM compared LEFT JOIN sealed ON sealed.row = compared.row
    CROSS JOIN LATERAL (SELECT referred IS NOT NULL OR NOT is_governed AND facts <> '[]' AS is_referred) AS reach
    WHERE is_referred OR facts || places <> '[]'`.execute(transaction);
}

/**
 * Who is not in a file that is declared complete. A row that was refused, is a question or waits for somebody else may be
 * any child of its school: then nobody of that school leaves (D12).
 */
async function writeAbsent(planning: Planning, { note, refused }: Sink): Promise<void> {
  const { transaction, planId, schoolYear, completeness } = planning;
  if (completeness === 'partial') return;
  const uncertain = new Set(refused.map((refusal: Refusal) => refusal.organisationId));
  const isAnySchool = uncertain.has(undefined);
  const { rows: schools } = await sql<{ id: string; name: string; rows: number; classes: string[]; referred: number }>`
    SELECT o.id, o.name, count(*) AS rows, array_agg(DISTINCT r.class_code) FILTER (WHERE r.class_code IS NOT NULL) AS classes,
      (SELECT count(*) FROM registry.roster_change AS c WHERE c.plan_id = ${planId} AND c.organisation_id = o.id AND c.action = 'referred') AS referred
    FROM staged AS r JOIN registry.organisation AS o ON o.id = r.organisation_id
    GROUP BY o.id ORDER BY o.code`.execute(transaction);
  const certain = schools.filter(({ id, referred }) => !isAnySchool && !uncertain.has(id) && referred === 0);
  const held = schools.filter((school) => !certain.includes(school));
  for (const one of notes(planning, certain, held)) note(one);
  const scope =
    completeness === 'classes'
      ? sql`EXISTS (SELECT FROM registry.enrolment AS e JOIN registry.class AS k ON k.id = e.class_id AND k.school_year = ${schoolYear}
          JOIN staged AS r ON r.organisation_id = k.organisation_id AND r.class_code = k.code AND r.gone IS NULL
          WHERE e.person_id = p.id AND e.valid_until IS NULL AND k.organisation_id = f.organisation_id)`
      : sql`true`;
  await sql`
    INSERT INTO registry.roster_change (${changeColumns})
    SELECT ${planId}, (SELECT coalesce(max(row), 0) FROM staged) + row_number() OVER (ORDER BY p.id), 'left',
      p.id, p.version, f.organisation_id,
      (SELECT k.code FROM registry.enrolment AS e JOIN registry.class AS k ON k.id = e.class_id
        WHERE e.person_id = p.id AND e.valid_until IS NULL AND k.organisation_id = f.organisation_id AND k.school_year = ${schoolYear} LIMIT 1),
      NULL, p.full_name, p.birth_date, p.gender, NULL, NULL, NULL, NULL, NULL, NULL, 'learner', NULL, NULL, NULL, '[]'
    FROM registry.affiliation AS f JOIN registry.person AS p ON p.id = f.person_id
    WHERE f.organisation_id = ANY(${certain.map(({ id }) => id)}::uuid[]) AND f.role = 'learner' AND f.valid_until IS NULL AND p.status = 'active'
      AND ${scope} AND NOT EXISTS (SELECT FROM staged AS r WHERE r.person_id = p.id)`.execute(transaction);
}

const mostNamed = 20;

/** Classes that the plan opens, in words that are true before and after it: a name that is mistyped shows here. */
async function tellNewClasses({ transaction, planId, schoolYear }: Planning, { note }: Sink): Promise<void> {
  const { rows } = await sql<{ classes: number; names: string }>`
    SELECT count(*) AS classes, string_agg(code, ', ' ORDER BY nth) FILTER (WHERE nth <= ${mostNamed}) AS names FROM (
      SELECT c.class_code AS code, row_number() OVER (ORDER BY min(c.row)) AS nth FROM registry.roster_change AS c
      WHERE c.plan_id = ${planId} AND c.action IN ('added', 'changed') AND NOT EXISTS (
        SELECT FROM registry.class AS k WHERE k.organisation_id = c.organisation_id AND k.school_year = ${schoolYear} AND lower(k.code) = lower(c.class_code))
      GROUP BY c.organisation_id, c.class_code) AS opened`.execute(transaction);
  const { classes = 0, names = '' } = rows[0] ?? {};
  if (classes === 0) return;
  const more = classes > mostNamed ? ', …' : '';
  note({
    vi: `Mở ${classes} lớp mới: ${names}${more}.`,
    en: `Opens ${classes} new classes: ${names}${more}.`,
  });
}

/** Why the file counts as complete, and for which schools it does not. */
function notes(
  { completeness, schoolYear }: Planning,
  certain: readonly { name: string; rows: number; classes: string[] | null }[],
  held: readonly { name: string }[],
): Text[] {
  const year = `${schoolYear}–${schoolYear + 1}`;
  const found = certain.slice(0, mostNamed).map(({ name, rows, classes }): Text => {
    const list = completeness === 'classes' ? ` (${(classes ?? []).slice(0, mostNamed).join(', ')})` : '';
    return {
      vi: `Người nhập khai tệp đủ ${completeness === 'classes' ? 'các lớp' : 'cả trường'}${list}: ${name}, năm học ${year}, ${rows} dòng. Ai vắng mặt trong tệp được ghi là rời.`,
      en: `Declared complete for ${completeness === 'classes' ? 'the classes' : 'the whole school'}${list} by the importer: ${name}, school year ${year}, ${rows} rows. Anyone absent has left.`,
    };
  });
  const names = held
    .slice(0, mostNamed)
    .map(({ name }) => name)
    .join(', ');
  const not: Text[] =
    held.length === 0
      ? []
      : [
          {
            vi: `Có dòng bị từ chối hoặc chưa rõ là ai, nên không ai của ${names} được ghi là rời vì vắng mặt. Sửa các dòng đó rồi nhập lại.`,
            en: `Some rows were refused or are not certain, so nobody at ${names} is taken to have left because they are absent. Correct those rows and import again.`,
          },
        ];
  return [...found, ...not];
}
