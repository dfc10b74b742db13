import type { Text } from '@edutrust/platform/messages';
import { type RawBuilder, sql } from 'kysely';
import { type Field, headerOf } from '../columns/fields.ts';
import type { Refusal } from './cells.ts';
import type { Planning, RosterKind, Skipped } from './kind.ts';
import { matchRefusals, skipReasons, type Whose } from './matching.ts';

/** The header that people know a field by. */
export function headerIn(fields: readonly Field[], id: string): string {
  const field = fields.find((one) => one.id === id);
  return field ? headerOf(field) : id;
}

/** One field that changes, as JSON in SQL: only when the condition holds. */
export function changed(
  when: RawBuilder<unknown>,
  column: string,
  before?: RawBuilder<unknown>,
  after?: RawBuilder<unknown>,
) {
  return before && after
    ? sql`CASE WHEN ${when} THEN jsonb_build_object('column', ${column}::text, 'before', ${before}, 'after', ${after}) END`
    : sql`CASE WHEN ${when} THEN jsonb_build_object('column', ${column}::text) END`;
}

export function listed(fields: readonly RawBuilder<unknown>[]) {
  return sql`jsonb_path_query_array(jsonb_build_array(${sql.join(fields)}), '$[*] ? (@ != null)')`;
}

/** What of a person's facts the row `r` would change in `p`. An empty cell says nothing: it never erases what is known. */
export const factFields = [
  changed(sql`p.full_name <> r.full_name`, 'Họ và tên', sql`p.full_name`, sql`r.full_name`),
  changed(
    sql`r.birth_date IS NOT NULL AND p.birth_date IS DISTINCT FROM r.birth_date`,
    'Ngày sinh',
    sql`p.birth_date`,
    sql`r.birth_date`,
  ),
  changed(sql`r.gender IS NOT NULL AND p.gender IS DISTINCT FROM r.gender`, 'Giới tính', sql`p.gender`, sql`r.gender`),
  changed(
    sql`r.moet_id_index IS NOT NULL AND p.moet_id_index IS DISTINCT FROM r.moet_id_index`,
    'Mã định danh Bộ GD&ĐT',
  ),
  changed(
    sql`r.personal_number_index IS NOT NULL AND p.personal_number_index IS DISTINCT FROM r.personal_number_index`,
    'Số ĐDCN',
  ),
  changed(sql`NOT p.details @> r.details`, 'Thông tin khác'),
];

export const changeColumns = sql.raw(
  `plan_id, row, action, person_id, version, organisation_id, class_code, grade, full_name, birth_date, gender, moet_id_sealed,
   moet_id_index, personal_number_sealed, personal_number_index, local_code, details, role, title, homeroom_of, verdict, fields`,
);

/** The rows that nobody matched: new people. */
export async function writeAdded({ transaction, planId }: Planning): Promise<void> {
  await sql`
    INSERT INTO registry.roster_change (${changeColumns})
    SELECT plan_id, row, 'added', new_person_id, NULL, organisation_id, class_code, grade, full_name, birth_date, gender, moet_id_sealed,
      moet_id_index, personal_number_sealed, personal_number_index, local_code, details, role, title, homeroom_of, NULL, '[]'
    FROM registry.roster_row WHERE plan_id = ${planId} AND refusal IS NULL AND skip IS NULL AND person_id IS NULL`.execute(
    transaction,
  );
}

/** Rows that say by themselves that the person has gone. */
export async function writeGone({ transaction, planId }: Planning): Promise<void> {
  await sql`
    INSERT INTO registry.roster_change (${changeColumns})
    SELECT r.plan_id, r.row, 'left', p.id, p.version, r.organisation_id, r.class_code, NULL, p.full_name, p.birth_date, p.gender, NULL, NULL, NULL,
      NULL, NULL, NULL, r.role, NULL, NULL, NULL, jsonb_build_array(jsonb_build_object('column', 'Trạng thái', 'after', r.gone))
    FROM registry.roster_row AS r JOIN registry.person AS p ON p.id = r.person_id
    WHERE r.plan_id = ${planId} AND r.refusal IS NULL AND r.skip IS NULL AND r.gone IS NOT NULL`.execute(transaction);
}

/** What the database refused or passed over goes to the sink, with its school. */
export async function tellVerdicts(
  { transaction, planId }: Planning,
  kind: Pick<RosterKind, 'fields'>,
  sink: { refuse(refusal: Refusal): void; skip(skipped: Skipped): void },
): Promise<void> {
  const { rows } = await sql<{
    row: number;
    refusal: string | null;
    skip: string | null;
    name: string;
    gone: string | null;
    organisation_id: string;
  }>`
    SELECT row, refusal, skip, coalesce(guardian_name, full_name, '') AS name, gone, organisation_id FROM registry.roster_row
    WHERE plan_id = ${planId} AND (refusal IS NOT NULL OR skip IS NOT NULL) ORDER BY row`.execute(transaction);
  for (const { row, refusal, skip, name, gone, organisation_id } of rows) {
    const known = refusal === null ? undefined : matchRefusals[refusal];
    if (known) {
      const isName = known.field === 'fullName' || known.field === 'childName';
      sink.refuse({
        row,
        column: headerIn(kind.fields, known.field),
        value: isName ? name : '',
        reason: known.reason,
        organisationId: organisation_id,
      });
    } else if (skip !== null) {
      sink.skip({
        row,
        text: [name, gone].filter(Boolean).join(', '),
        reason: skipReasons[skip] ?? { vi: skip, en: skip },
      });
    }
  }
}

/** Leavers beyond this many of a run or this part of a school make a plan wait for a second person (D3). */
const mostLeavers = { ofRun: 500, partOfRun: 0.02, partOfSchool: 0.2, ofSchoolAtLeast: 5 } as const;

/** Why the plan has to wait for a second person: true sentences, one for each reason (D3). */
export async function whyHeld(planning: Planning, whose: Whose): Promise<Text[]> {
  const reasons = [
    await referredElsewhere(planning),
    await leavingAtOnce(planning, whose),
    await correctedAtOnce(planning),
  ];
  return reasons.filter((reason) => reason !== undefined);
}

async function referredElsewhere({ transaction, planId }: Planning): Promise<Text | undefined> {
  const { rows } = await sql<{ people: number }>`
    WITH referred AS (
      SELECT DISTINCT c.person_id, f.organisation_id FROM registry.roster_change AS c
      JOIN registry.person AS p ON p.id = c.person_id
      LEFT JOIN registry.affiliation AS f ON f.person_id = c.person_id AND f.role <> 'guardian' AND f.valid_until IS NULL
      WHERE c.plan_id = ${planId} AND c.action = 'referred'
    ), origins AS (
      UPDATE registry.roster_plan SET origin_ids = ARRAY(
        SELECT DISTINCT coalesce(r.organisation_id, p.home_organisation_id) FROM referred AS r JOIN registry.person AS p ON p.id = r.person_id
        WHERE coalesce(r.organisation_id, p.home_organisation_id) IS NOT NULL)
      WHERE id = ${planId})
    SELECT count(DISTINCT person_id) AS people FROM referred`.execute(transaction);
  const people = rows[0]?.people ?? 0;
  if (people === 0) return undefined;
  return {
    vi: `${people} người trong tệp mang mã đang có hồ sơ ngoài phạm vi của người nhập (ở đơn vị khác, hoặc có vai trò cao hơn); người quản lý cả hai nơi cần xem và duyệt.`,
    en: `${people} people of the file have an identifier that is known outside the reach of who imported it (elsewhere, or with a higher role); somebody who governs both sides has to look and approve.`,
  };
}

async function leavingAtOnce({ transaction, planId }: Planning, whose: Whose): Promise<Text | undefined> {
  const roles = whose === 'learner' ? ['learner'] : ['teacher', 'staff'];
  const { rows } = await sql<{ name: string; leaving: number; lately: number; members: number }>`
    SELECT o.name, count(DISTINCT c.person_id) AS leaving,
      -- Many small files are one big one: those of the last 24 hours count too.
      (SELECT count(DISTINCT b.person_id) FROM registry.roster_change AS b JOIN registry.roster_plan AS bp ON bp.id = b.plan_id
        WHERE b.organisation_id = o.id AND b.action = 'left' AND bp.status = 'applied' AND bp.applied_at > now() - interval '24 hours') AS lately,
      (SELECT count(*) FROM registry.affiliation AS f WHERE f.organisation_id = o.id AND f.role = ANY(${roles}) AND f.valid_until IS NULL) AS members
    FROM registry.roster_change AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
    WHERE c.plan_id = ${planId} AND c.action = 'left' GROUP BY o.id`.execute(transaction);
  const leaving = rows.reduce((sum, row) => sum + row.leaving, 0);
  const members = rows.reduce((sum, row) => sum + row.members, 0);
  const school = rows.find((row) => {
    const all = row.leaving + row.lately;
    return all >= mostLeavers.ofSchoolAtLeast && all > (row.members + row.lately) * mostLeavers.partOfSchool;
  });
  const who = whose === 'learner' ? { vi: 'học sinh', en: 'learners' } : { vi: 'nhân sự', en: 'staff' };
  if (school) {
    const lately =
      school.lately > 0
        ? { vi: ` (và ${school.lately} trong 24 giờ qua)`, en: ` (and ${school.lately} in the last 24 hours)` }
        : { vi: '', en: '' };
    return {
      vi: `${school.leaving} trong ${school.members} ${who.vi} của ${school.name} sẽ rời${lately.vi}.`,
      en: `${school.leaving} of ${school.members} ${who.en} of ${school.name} would leave${lately.en}.`,
    };
  }
  if (leaving <= Math.max(mostLeavers.ofRun, members * mostLeavers.partOfRun)) return undefined;
  return { vi: `${leaving} ${who.vi} sẽ rời.`, en: `${leaving} ${who.en} would leave.` };
}

/** Names or birth dates that change for many at once are more often a column that slipped. */
async function correctedAtOnce({ transaction, planId }: Planning): Promise<Text | undefined> {
  const { rows } = await sql<{ name: string; corrected: number; members: number }>`
    SELECT o.name, count(*) AS corrected,
      (SELECT count(*) FROM registry.affiliation AS f WHERE f.organisation_id = o.id AND f.role <> 'guardian' AND f.valid_until IS NULL) AS members
    FROM registry.roster_change AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
    WHERE c.plan_id = ${planId} AND c.action = 'changed'
      AND c.fields @? '$[*] ? (@.column == "Họ và tên" || @.column == "Ngày sinh") ? (@.before != null)'
    GROUP BY o.id`.execute(transaction);
  const school = rows.find(
    ({ corrected, members }) =>
      corrected >= mostLeavers.ofSchoolAtLeast && corrected > members * mostLeavers.partOfSchool,
  );
  return school
    ? {
        vi: `${school.corrected} trong ${school.members} người của ${school.name} sẽ đổi họ tên hoặc ngày sinh; có thể một cột bị lệch.`,
        en: `${school.corrected} of ${school.members} people of ${school.name} would change name or birth date; a column may have slipped.`,
      }
    : undefined;
}
