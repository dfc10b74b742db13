import type { Database } from '@edutrust/platform/database';
import { type RawBuilder, sql } from 'kysely';
import type Type from 'typebox';
import { formatVerificationCode } from '../requests/code.ts';
import { parcelNumber } from './manifest.ts';
import { noParcel } from './refusals.ts';
import type { Parcel, ParcelClass } from './schemas.ts';

type ParcelView = Type.Static<typeof Parcel>;

/** The register of a school, newest first, paged by key. */
export const parcelsOf = (
  db: Database,
  organisationId: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<ParcelView[]> =>
  list(
    db,
    sql<boolean>`k.organisation_id = ${organisationId} AND ${cursor ? sql<boolean>`(k.school_year, k.number) < (SELECT school_year, number FROM signing.parcel WHERE id = ${cursor})` : sql<boolean>`true`}`,
    limit,
  );

/** @throws NotFound `parcels/no-parcel` */
export async function findParcel(
  db: Database,
  { id, organisationId }: { readonly id: string; readonly organisationId: string },
): Promise<ParcelView> {
  const [found] = await list(db, sql<boolean>`k.id = ${id} AND k.organisation_id = ${organisationId}`, 1);
  if (!found) throw noParcel();
  return found;
}

/** Parcels that were not sent back. */
const isLive = sql`state IN ('signed', 'issued')`;

interface ParcelRow extends Omit<ParcelView, 'number' | 'replaces' | 'replacedBy' | 'madeAt' | 'sentAt'> {
  readonly number: number;
  readonly replaces: number | null;
  readonly replacedBy: number | null;
  readonly made: Date;
  readonly sent: Date | null;
}

async function list(db: Database, condition: RawBuilder<boolean>, limit: number): Promise<ParcelView[]> {
  const { rows } = await sql<ParcelRow>`
    SELECT k.id, k.number, k.class_id AS "classId", coalesce(c.code, '') AS "className", k.school_year AS "schoolYear",
      (SELECT count(*)::int FROM signing.parcel_item AS i WHERE i.parcel_id = k.id) AS reports,
      CASE WHEN k.sent_at IS NOT NULL THEN 'sent' WHEN r.state = 'issued' THEN 'ready' WHEN r.state = 'signed' THEN 'to-seal'
        ELSE 'dropped' END AS state,
      r.id AS "requestId", r.code, old.number AS replaces,
      (SELECT max(n.number) FROM signing.parcel AS n JOIN signing.request AS nr ON nr.id = n.request_id
        WHERE n.replaces_id = k.id AND nr.${isLive}) AS "replacedBy",
      CASE WHEN r.${isLive} THEN ${toResend} ELSE '[]'::jsonb END AS "toResend",
      jsonb_build_object('id', maker.id, 'fullName', maker.full_name, 'educationId', maker.education_id) AS "madeBy",
      k.made_at AS made, k.receipt, k.sent_at AS sent
    FROM signing.parcel AS k JOIN signing.request AS r ON r.id = k.request_id
    JOIN registry.person AS maker ON maker.id = k.made_by
    LEFT JOIN registry.class AS c ON c.id = k.class_id
    LEFT JOIN signing.parcel AS old ON old.id = k.replaces_id
    WHERE ${condition} ORDER BY k.school_year DESC, k.number DESC LIMIT ${limit}`.execute(db);
  return rows.map(({ number, replaces, replacedBy, made, sent, code, ...row }) => ({
    ...row,
    number: parcelNumber(number, row.schoolYear),
    code: formatVerificationCode(code),
    replaces: replaces === null ? null : parcelNumber(replaces, row.schoolYear),
    replacedBy: replacedBy === null ? null : parcelNumber(replacedBy, row.schoolYear),
    madeAt: made.toISOString(),
    sentAt: sent?.toISOString() ?? null,
  }));
}

/** Of the parcel `k`: people whose report in it is in force no more, until a later parcel holds the one that is. */
const toResend = sql`(
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'fullName', p.full_name, 'educationId', p.education_id)
    ORDER BY p.education_id), '[]'::jsonb)
  FROM signing.parcel_item AS i JOIN signing.request AS was ON was.id = i.request_id
  JOIN registry.person AS p ON p.id = was.subject_id
  WHERE i.parcel_id = k.id AND was.state <> 'issued' AND NOT EXISTS (
    SELECT FROM signing.request AS now JOIN signing.parcel_item AS later ON later.request_id = now.id
    JOIN signing.parcel AS n ON n.id = later.parcel_id JOIN signing.request AS nr ON nr.id = n.request_id
    WHERE now.kind = was.kind AND now.class_id = was.class_id AND now.subject_id = was.subject_id
      AND now.state = 'issued' AND nr.${isLive}))`;

/** Classes of a school with school reports in force, newest year first. */
export async function parcelClasses(db: Database, organisationId: string): Promise<Type.Static<typeof ParcelClass>[]> {
  const { rows } = await sql<Type.Static<typeof ParcelClass>>`
    SELECT c.id, c.code, c.school_year AS "schoolYear", count(*)::int AS issued,
      (count(*) FILTER (WHERE NOT EXISTS (
        SELECT FROM signing.parcel_item AS i JOIN signing.parcel AS k ON k.id = i.parcel_id
        JOIN signing.request AS kr ON kr.id = k.request_id
        WHERE i.request_id = r.id AND kr.${isLive})))::int AS unpacked
    FROM signing.request AS r JOIN registry.class AS c ON c.id = r.class_id
    WHERE r.organisation_id = ${organisationId} AND r.kind = 'school-report' AND r.state = 'issued'
    GROUP BY c.id ORDER BY c.school_year DESC, c.code LIMIT 500`.execute(db);
  return rows;
}
