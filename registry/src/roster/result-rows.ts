import type { Actor } from '@edutrust/platform/actor';
import type { Database } from '@edutrust/platform/database';
import type { Locale, Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { seenBy } from '../changes/view.ts';
import { formatEducationId } from '../education-id/education-id.ts';
import { csvLines } from './csv.ts';

type Action = 'added' | 'changed' | 'left' | 'referred' | 'refused';

const words: Readonly<Record<Action, Text>> = {
  added: { vi: 'Thêm', en: 'Added' },
  changed: { vi: 'Đổi', en: 'Changed' },
  left: { vi: 'Rời', en: 'Left' },
  referred: { vi: 'Cần người khác xem', en: 'For somebody else to see' },
  refused: { vi: 'Bị từ chối', en: 'Refused' },
};

const rowsAtOnce = 5_000;

/**
 * What an applied plan did, row by row, as CSV: who, in which class, with which education ID, and why not. Of people beyond
 * the reader's reach only what the file itself says (T3).
 */
export async function* resultRows(db: Database, planId: string, viewer: Actor, locale: Locale): AsyncGenerator<Buffer> {
  const head: Text[] = [
    { vi: 'Dòng', en: 'Row' },
    { vi: 'Việc', en: 'What' },
    { vi: 'Họ và tên', en: 'Name' },
    { vi: 'Lớp', en: 'Class' },
    { vi: 'Mã giáo dục', en: 'Education ID' },
    { vi: 'Vì sao', en: 'Why' },
  ];
  yield Buffer.concat([Buffer.from('\ufeff'), csvLines([head.map((text) => text[locale])])]);
  for (let after = -1; ; ) {
    const { rows } = await sql<{
      row: number;
      action: Action;
      name: string;
      className: string | null;
      educationId: string | null;
      reason: Text | null;
    }>`
      SELECT n.row, CASE WHEN f.row IS NULL THEN c.action ELSE 'refused' END AS action, c.class_code AS "className", f.reason,
        CASE WHEN c.row IS NULL THEN '' WHEN seen.is_visible OR c.action IN ('added', 'referred') THEN c.full_name ELSE '' END AS name,
        CASE WHEN seen.is_visible AND f.row IS NULL AND c.action <> 'referred' THEN p.education_id END AS "educationId"
      FROM (SELECT row FROM registry.roster_change WHERE plan_id = ${planId} AND row > ${after}
        UNION SELECT row FROM registry.roster_refusal WHERE plan_id = ${planId} AND row > ${after} ORDER BY row LIMIT ${rowsAtOnce}) AS n
      LEFT JOIN registry.roster_change AS c ON c.plan_id = ${planId} AND c.row = n.row
      LEFT JOIN LATERAL (SELECT r.row, r.reason FROM registry.roster_refusal AS r WHERE r.plan_id = ${planId} AND r.row = n.row LIMIT 1) AS f ON true
      LEFT JOIN registry.person AS p ON p.id = c.person_id
      CROSS JOIN LATERAL (SELECT ${seenBy(viewer)} AS is_visible) AS seen ORDER BY n.row`.execute(db);
    if (rows.length === 0) return;
    yield csvLines(
      rows.map(({ row, action, name, className, educationId, reason }) => [
        String(row),
        words[action][locale],
        name,
        className ?? '',
        educationId ? formatEducationId(educationId) : '',
        reason?.[locale] ?? '',
      ]),
    );
    after = rows.at(-1)?.row ?? after;
  }
}

/** Whom the result names, of those within the reader's reach. */
export async function peopleOfResult(db: Database, planId: string, viewer: Actor): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT p.id FROM registry.roster_change AS c JOIN registry.person AS p ON p.id = c.person_id
    WHERE c.plan_id = ${planId} AND ${seenBy(viewer)}`.execute(db);
  return rows.map(({ id }) => id);
}
