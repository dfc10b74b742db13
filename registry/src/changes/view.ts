import type { Actor, RecordedActor } from '@edutrust/platform/actor';
import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { isUuid } from '@edutrust/platform/ids';
import type { Text } from '@edutrust/platform/messages';
import { type RawBuilder, sql } from 'kysely';
import { governedPeople } from '../permissions/bulk.ts';
import { scopeOf } from '../permissions/permissions.ts';
import type { SourceColumn } from './plan.ts';
import type { PopulationId } from './population.ts';
import type { Completeness, Skipped } from './row.ts';

export interface RosterTotals {
  readonly added: number;
  readonly changed: number;
  readonly left: number;
  /** Rows whose number belongs to somebody beyond the maker's reach: who governs both sides decides. */
  readonly referred: number;
  readonly unchanged: number;
  readonly refused: number;
  /** Lines that are nobody: footers, leavers who are not known. */
  readonly skipped: number;
}

export interface RosterChange {
  /** Row of the file; of somebody who is absent from it a number after the last. */
  readonly row: number;
  readonly action: 'added' | 'changed' | 'left' | 'referred';
  /** Null: nobody yet, or beyond the viewer's reach. */
  readonly personId: string | null;
  readonly fullName: string;
  readonly className: string | null;
  /** Of a referred row, for those who may know: whether name and birth date agree. Only `same` is applied. */
  readonly verdict: 'same' | 'other' | null;
  readonly fields: { readonly column: string; readonly before?: string | null; readonly after?: string | null }[];
}

/** What applying would do. `held`: a second person has to approve, for the reason that is said. */
export interface RosterPlan {
  readonly id: string;
  readonly kind: PopulationId;
  readonly fileName: string;
  readonly sheet: string | null;
  readonly status: 'planned' | 'held' | 'applying' | 'applied' | 'superseded' | 'undone';
  /** Changes that are done, of a plan that is being applied or was. */
  readonly appliedCount: number;
  readonly heldReason: Text | null;
  readonly completeness: Completeness;
  readonly schoolYear: number | null;
  readonly createdAt: Date;
  readonly appliedAt: Date | null;
  readonly organisationIds: string[];
  /** The approval of two people that was asked for last, when the plan was held. */
  readonly approvalId: string | null;
  /** It waits for its maker or a second person. */
  readonly isAsked: boolean;
  /** Where referred people are now. */
  readonly originIds: string[];
  readonly createdBy: RecordedActor;
  readonly totals: RosterTotals;
  /** SHA-256 over every change, hex: what is approved is what is applied. */
  readonly digest: string | null;
  /** The columns of the file and what each was taken for; null: not imported. */
  readonly columns: readonly SourceColumn[];
  /** Why the file counts as complete, or why nobody leaves. */
  readonly notes: readonly Text[];
  /** What each school would see happen, the most affected first; the first 30. */
  readonly places: readonly {
    readonly name: string;
    readonly added: number;
    readonly changed: number;
    readonly left: number;
    readonly referred: number;
  }[];
  /** Questions that its rows ask and nobody has answered. */
  readonly questions: number;
  /** The first 200. */
  readonly skipped: readonly Skipped[];
  /** The first 200. */
  readonly changes: RosterChange[];
  /** The first 200. */
  readonly refusals: { readonly row: number; readonly column: string; readonly value: string; readonly reason: Text }[];
}

/** Whether the viewer may see `registry.person AS p`, or nobody is there yet: who governs them, or has them at a school. */
export function seenBy(viewer: Actor): RawBuilder<boolean> {
  const scope = viewer.kind === 'system' ? sql`true` : sql`o.path && ${scopeOf(viewer, 'roster.read')}::uuid[]`;
  return sql`(p.id IS NULL OR ${governedPeople(viewer, 'roster.read')} OR EXISTS (
    SELECT FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
    WHERE f.person_id = p.id AND f.valid_until IS NULL AND ${scope}))`;
}

/** Where the plan `rp` does how much, the most affected organisation first; the first 30. */
export const placesOfPlan: RawBuilder<unknown> = sql`(SELECT coalesce(jsonb_agg(pl), '[]') FROM (
  SELECT o.name, count(*) FILTER (WHERE ch.action = 'added') AS added, count(*) FILTER (WHERE ch.action = 'changed') AS changed,
    count(*) FILTER (WHERE ch.action = 'left') AS "left", count(*) FILTER (WHERE ch.action = 'referred') AS referred
  FROM registry.roster_change AS ch JOIN registry.organisation AS o ON o.id = ch.organisation_id
  WHERE ch.plan_id = rp.id AND rp.kind <> 'schools' GROUP BY o.id ORDER BY count(*) DESC, o.code LIMIT 30) AS pl)`;

/**
 * A plan as the viewer may see it: of people beyond their reach only what the file itself says (T3).
 *
 * @throws NotFound
 */
export async function findPlan(db: Database, id: string, viewer: Actor): Promise<RosterPlan> {
  const { rows } = isUuid(id)
    ? await sql<RosterPlan>`
        SELECT id, kind, file_name AS "fileName", sheet, status, held_reason AS "heldReason", completeness, school_year AS "schoolYear",
          created_at AS "createdAt", applied_at AS "appliedAt", applied_count AS "appliedCount", organisation_ids AS "organisationIds", origin_ids AS "originIds",
          created_by AS "createdBy", '{"referred": 0, "skipped": 0}'::jsonb || totals AS totals, encode(digest, 'hex') AS digest,
          columns, notes, skipped,
          (SELECT count(*) FROM registry.match_question AS m WHERE m.plan_id = rp.id AND m.state = 'open') AS questions,
          ${placesOfPlan} AS places, approval_id AS "approvalId",
          EXISTS (SELECT FROM registry.approval AS a
            WHERE a.id = rp.approval_id AND a.state IN ('proposed', 'confirmed') AND a.expires_at > now()) AS "isAsked",
          coalesce((SELECT jsonb_agg(c) FROM (
            SELECT ch.row, ch.action, CASE WHEN is_visible OR ch.action IN ('added', 'referred') THEN ch.full_name ELSE '' END AS "fullName",
              CASE WHEN is_visible THEN p.id END AS "personId", ch.class_code AS "className", CASE WHEN is_visible THEN ch.verdict END AS verdict,
              CASE WHEN is_visible THEN ch.fields ELSE '[]' END AS fields
            FROM registry.roster_change AS ch LEFT JOIN registry.person AS p ON p.id = ch.person_id
            CROSS JOIN LATERAL (SELECT ${seenBy(viewer)} AS is_visible) AS reach
            WHERE ch.plan_id = rp.id ORDER BY ch.action, ch.row LIMIT 200) AS c), '[]') AS changes,
          coalesce((SELECT jsonb_agg(r) FROM (
            SELECT row, column_name AS "column", value, reason FROM registry.roster_refusal
            WHERE plan_id = rp.id ORDER BY row LIMIT 200) AS r), '[]') AS refusals
        FROM registry.roster_plan AS rp WHERE id = ${id}`.execute(db)
    : { rows: [] };
  if (!rows[0])
    throw new NotFound('roster/no-plan', { vi: 'Không có kế hoạch nhập này.', en: 'There is no such plan.' });
  return rows[0];
}
