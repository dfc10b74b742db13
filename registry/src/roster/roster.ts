import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import type { RecordedActor } from '@edutrust/platform/events';
import type { Actor } from '@edutrust/platform/http';
import { isUuid } from '@edutrust/platform/ids';
import type { Locale, Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { makePlan } from './plan.ts';
import { openRosterFile, type RosterFile } from './read.ts';

export { applyImport } from './apply.ts';
export { largestRosterBytes } from './read.ts';

/** Where a long import is: bytes read, then people written. */
export interface Progress {
  readonly step: 'read' | 'match' | 'apply';
  readonly done: number;
  readonly total: number;
}

export interface RosterTotals {
  readonly added: number;
  readonly changed: number;
  readonly left: number;
  readonly unchanged: number;
  readonly refused: number;
}

export interface RosterChange {
  /** Row of the file; of a leaver a running number. */
  readonly row: number;
  readonly action: 'added' | 'changed' | 'left';
  readonly fullName: string;
  readonly className: string | null;
  readonly fields: { readonly column: string; readonly before?: string | null; readonly after?: string | null }[];
}

/** What applying would do. `held`: so many people would leave that a second person has to approve. */
export interface RosterPlan {
  readonly id: string;
  readonly fileName: string;
  readonly status: 'planned' | 'held' | 'applied' | 'superseded';
  readonly heldReason: Text | null;
  readonly createdAt: Date;
  readonly appliedAt: Date | null;
  readonly organisationIds: string[];
  readonly createdBy: RecordedActor;
  readonly totals: RosterTotals;
  /** The first 200. */
  readonly changes: RosterChange[];
  /** The first 200. */
  readonly refusals: { readonly row: number; readonly column: string; readonly value: string; readonly reason: Text }[];
}

export interface ImportInput {
  readonly path?: string;
  readonly file?: RosterFile;
  readonly organisationId?: string | undefined;
  readonly actor: Actor;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Reads a roster and writes down what applying it would do: nobody is changed yet.
 *
 * @throws InvalidInput `roster/…` for a file that cannot be read; TooLarge.
 */
export async function planImport(context: ServiceContext, { path, file, ...input }: ImportInput): Promise<RosterPlan> {
  const opened = file ?? (await openRosterFile(path ?? ''));
  const { organisationId, onProgress, actor } = input;
  const id = await makePlan(context, {
    file: opened,
    actor,
    ...(organisationId ? { organisationId } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
  return findPlan(context.db, id);
}

/** @throws NotFound */
export async function findPlan(db: Database, id: string): Promise<RosterPlan> {
  const { rows } = isUuid(id)
    ? await sql<RosterPlan>`
        SELECT id, file_name AS "fileName", status, held_reason AS "heldReason", created_at AS "createdAt",
          applied_at AS "appliedAt", organisation_ids AS "organisationIds", created_by AS "createdBy", totals,
          coalesce((SELECT jsonb_agg(c) FROM (
            SELECT row, action, full_name AS "fullName", class_code AS "className", fields FROM registry.roster_change
            WHERE plan_id = p.id ORDER BY action, row LIMIT 200) AS c), '[]') AS changes,
          coalesce((SELECT jsonb_agg(r) FROM (
            SELECT row, column_name AS "column", value, reason FROM registry.roster_refusal
            WHERE plan_id = p.id ORDER BY row LIMIT 200) AS r), '[]') AS refusals
        FROM registry.roster_plan AS p WHERE id = ${id}`.execute(db)
    : { rows: [] };
  if (!rows[0])
    throw new NotFound('roster/no-plan', { vi: 'Không có kế hoạch nhập này.', en: 'There is no such plan.' });
  return rows[0];
}

const shownLines = 20;

/** The plan as lines for a terminal. */
export function describePlan(plan: RosterPlan, locale: Locale): string {
  const vi = locale === 'vi';
  const { added, changed, left, unchanged, refused } = plan.totals;
  const lines = [
    vi
      ? `Thêm ${added} · Sửa ${changed} · Rời ${left} · Giữ nguyên ${unchanged} · Từ chối ${refused}`
      : `${added} added · ${changed} changed · ${left} left · ${unchanged} unchanged · ${refused} refused`,
  ];
  const names = { added: '+', changed: '~', left: '−' };
  for (const { row, action, fullName, className, fields } of plan.changes.slice(0, shownLines)) {
    const what = fields.map(({ column, before, after }) =>
      after === undefined ? column : `${column}: ${before ?? '—'} → ${after ?? '—'}`,
    );
    const place = action === 'left' ? '' : vi ? `dòng ${row}: ` : `row ${row}: `;
    lines.push(
      `  ${names[action]} ${place}${fullName} (${className ?? '—'})${what.length > 0 ? `  ${what.join('; ')}` : ''}`,
    );
  }
  const more = added + changed + left - Math.min(plan.changes.length, shownLines);
  if (more > 0) lines.push(vi ? `  … và ${more} thay đổi nữa` : `  … and ${more} more`);
  for (const { row, column, value, reason } of plan.refusals.slice(0, shownLines)) {
    lines.push(
      vi
        ? `  ! dòng ${row}, cột ${column}, «${value}»: ${reason.vi}`
        : `  ! row ${row}, column ${column}, "${value}": ${reason.en}`,
    );
  }
  if (refused > shownLines)
    lines.push(
      vi ? `  … và ${refused - shownLines} dòng bị từ chối nữa` : `  … and ${refused - shownLines} more refused`,
    );
  if (plan.heldReason)
    lines.push(
      vi ? `  Chờ người thứ hai duyệt: ${plan.heldReason.vi}` : `  Waits for a second person: ${plan.heldReason.en}`,
    );
  return lines.join('\n');
}
