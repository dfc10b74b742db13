import { type RawBuilder, sql } from 'kysely';
import { matchRefusals, skipReasons } from './matching.ts';
import type { Planning, Sink } from './population.ts';
import type { KeptPeople } from './staging.ts';

/** One field that a row would change: when, and how it is told. */
export interface Comparison {
  readonly when: RawBuilder<unknown>;
  readonly told: RawBuilder<unknown>;
}

export function changed(
  when: RawBuilder<unknown>,
  column: string,
  before?: RawBuilder<unknown>,
  after?: RawBuilder<unknown>,
): Comparison {
  const values = before && after ? sql`, 'before', ${before}, 'after', ${after}` : sql``;
  return { when, told: sql`CASE WHEN ${when} THEN jsonb_build_object('column', ${column}::text ${values}) END` };
}

/** What changes, as JSON. */
export function listed(fields: readonly Comparison[]) {
  return sql`jsonb_path_query_array(jsonb_build_array(${sql.join(fields.map(({ told }) => told))}), '$[*] ? (@ != null)')`;
}

/** Whether anything does: asked of every row, so that JSON is made for the few that change. */
export function anyOf(fields: readonly Comparison[]) {
  return sql`(${sql.join(
    fields.map(({ when }) => sql`coalesce(${when}, false)`),
    sql` OR `,
  )})`;
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

/** Seals the numbers of rows that bring one which is not known of their person yet. */
export function sealNew(planning: Planning, kept: KeptPeople): Promise<void> {
  return kept.seal(
    planning,
    sql`SELECT n.row FROM staged AS n LEFT JOIN registry.person AS p ON p.id = n.person_id
      WHERE n.refusal IS NULL AND n.skip IS NULL AND n.gone IS NULL AND NOT n.is_in_step AND (p.id IS NULL
        OR n.moet_id_index IS NOT NULL AND p.moet_id_index IS DISTINCT FROM n.moet_id_index
        OR n.personal_number_index IS NOT NULL AND p.personal_number_index IS DISTINCT FROM n.personal_number_index)`,
  );
}

/** The rows that nobody matched: new people. */
export async function writeAdded({ transaction, planId }: Planning): Promise<void> {
  await sql`
    INSERT INTO registry.roster_change (${changeColumns})
    SELECT ${planId}, r.row, 'added', new_person_id, NULL, organisation_id, class_code, grade, full_name, birth_date, gender, moet_id_sealed,
      moet_id_index, personal_number_sealed, personal_number_index, local_code, details, role, title, homeroom_of, NULL, '[]'
    FROM staged AS r LEFT JOIN sealed ON sealed.row = r.row WHERE refusal IS NULL AND skip IS NULL AND person_id IS NULL`.execute(
    transaction,
  );
}

/** Rows that say by themselves that the person has gone. */
export async function writeGone({ transaction, planId }: Planning): Promise<void> {
  await sql`
    INSERT INTO registry.roster_change (${changeColumns})
    SELECT ${planId}, r.row, 'left', p.id, p.version, r.organisation_id, r.class_code, NULL, p.full_name, p.birth_date, p.gender, NULL, NULL, NULL,
      NULL, NULL, NULL, r.role, NULL, NULL, NULL, jsonb_build_array(jsonb_build_object('column', 'Trạng thái', 'after', r.gone))
    FROM staged AS r JOIN registry.person AS p ON p.id = r.person_id
    WHERE r.refusal IS NULL AND r.skip IS NULL AND r.gone IS NOT NULL`.execute(transaction);
}

/** Rows that nothing follows from: those that could have changed something, without those that do. */
export async function countUnchanged({ transaction, planId }: Planning): Promise<number> {
  const { rows } = await sql<{ unchanged: number }>`
    SELECT (SELECT count(*) FROM staged WHERE refusal IS NULL AND skip IS NULL) - (SELECT count(*) FROM registry.roster_change
      WHERE plan_id = ${planId} AND row <= (SELECT max(row) FROM staged)) AS unchanged`.execute(transaction);
  return rows[0]?.unchanged ?? 0;
}

/** What the database refused or passed over goes to the sink, with its school. */
export async function tellVerdicts({ transaction, columnName }: Planning, sink: Sink): Promise<void> {
  const { rows } = await sql<{
    row: number;
    refusal: string | null;
    skip: string | null;
    name: string;
    gone: string | null;
    organisation_id: string;
  }>`
    SELECT row, refusal, skip, coalesce(guardian_name, full_name, '') AS name, gone, organisation_id FROM staged
    WHERE refusal IS NOT NULL OR skip IS NOT NULL ORDER BY row`.execute(transaction);
  for (const { row, refusal, skip, name, gone, organisation_id } of rows) {
    const known = refusal === null ? undefined : matchRefusals[refusal];
    if (known) {
      const isName = known.field === 'fullName' || known.field === 'childName';
      sink.refuse({
        row,
        column: columnName(known.field),
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
