import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { record } from '../events.ts';

/** Hours between finding a breach and the report to the authority (Law 91/2025/QH15, article 23). */
export const reportHours = 72;

/** What kinds of data; location and biometrics: the people are told too (Decree 356/2025, article 28). */
export const breachedData = ['basic', 'sensitive', 'location', 'biometric', 'credentials'] as const;
export type BreachedData = (typeof breachedData)[number];

export interface BreachRow {
  readonly id: string;
  readonly organisationId: string;
  readonly organisationName: string;
  readonly foundAt: Date;
  readonly what: string;
  readonly dataKinds: BreachedData[];
  readonly peopleCount: number | null;
  readonly measures: string;
  readonly tellsPeople: boolean;
  readonly reportBy: Date;
  readonly reportedAt: Date | null;
  readonly peopleToldAt: Date | null;
  readonly closedAt: Date | null;
}

export interface NewBreach {
  readonly organisationId: string;
  readonly foundAt: Date;
  readonly what: string;
  readonly dataKinds: readonly BreachedData[];
  readonly peopleCount: number | null;
  readonly measures: string;
}

const columns = sql`b.id, b.organisation_id AS "organisationId", o.name AS "organisationName", b.found_at AS "foundAt", b.what,
  b.data_kinds AS "dataKinds", b.people_count AS "peopleCount", b.measures, b.tells_people AS "tellsPeople",
  b.report_by AS "reportBy", b.reported_at AS "reportedAt", b.people_told_at AS "peopleToldAt", b.closed_at AS "closedAt"
  FROM registry.data_breach AS b JOIN registry.organisation AS o ON o.id = b.organisation_id`;

/** Open files first, then by when they were found. */
export async function listBreaches(db: Database, scope: readonly string[]): Promise<BreachRow[]> {
  const { rows } = await sql<BreachRow>`
    SELECT ${columns} WHERE o.path && ${[...scope]}::uuid[] ORDER BY b.closed_at IS NOT NULL, b.found_at DESC LIMIT 200`.execute(
    db,
  );
  return rows;
}

/** @throws NotFound */
export async function findBreach(db: Database | Transaction, id: string): Promise<BreachRow> {
  const { rows } = isUuid(id) ? await sql<BreachRow>`SELECT ${columns} WHERE b.id = ${id}`.execute(db) : { rows: [] };
  if (!rows[0])
    throw new NotFound('data-breaches/none', { vi: 'Không có hồ sơ vi phạm này.', en: 'There is no such file.' });
  return rows[0];
}

const tellsPeople = (kinds: readonly BreachedData[]) => kinds.includes('location') || kinds.includes('biometric');

/** Opens a file; the 72 hours run from when it was found. */
export async function openBreach(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  { organisationId, foundAt, what, dataKinds, peopleCount, measures }: NewBreach,
  actor: PersonActor,
): Promise<string> {
  const id = uuidv7();
  const reportBy = new Date(foundAt.getTime() + reportHours * 3_600_000);
  await db.transaction().execute(async (transaction) => {
    await sql`
      INSERT INTO registry.data_breach
        (id, organisation_id, found_at, what, data_kinds, people_count, measures, tells_people, report_by, created_at)
      VALUES (${id}, ${organisationId}, ${foundAt}, ${what.trim()}, ${[...dataKinds]}, ${peopleCount}, ${measures.trim()},
        ${tellsPeople(dataKinds)}, ${reportBy}, ${clock.now()})`.execute(transaction);
    await record(transaction, {
      type: 'data-breach.opened',
      actor,
      subject: { kind: 'data-breach', id },
      organisationId,
    });
  });
  return id;
}

export interface BreachChange {
  readonly what?: string;
  readonly peopleCount?: number;
  readonly measures?: string;
  readonly isReported?: true;
  readonly arePeopleTold?: true;
  readonly isClosed?: true;
}

/**
 * Adds to a file. It is closed when it was reported, and the people were told where they have to be.
 *
 * @throws NotFound; Conflict `data-breaches/not-yet`, `data-breaches/closed`
 */
export async function changeBreach(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  id: string,
  { what, peopleCount, measures, isReported, arePeopleTold, isClosed }: BreachChange,
  actor: PersonActor,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`SELECT 1 FROM registry.data_breach WHERE id = ${id} FOR UPDATE`.execute(transaction);
    const before = await findBreach(transaction, id);
    if (before.closedAt) throw closed();
    const now = clock.now();
    const reportedAt = before.reportedAt ?? (isReported ? now : null);
    const peopleToldAt = before.peopleToldAt ?? (arePeopleTold ? now : null);
    if (isClosed && (!reportedAt || (before.tellsPeople && !peopleToldAt))) throw notYet();
    await sql`
      UPDATE registry.data_breach SET what = ${what?.trim() ?? before.what}, people_count = ${peopleCount ?? before.peopleCount},
        measures = ${measures?.trim() ?? before.measures}, reported_at = ${reportedAt}, people_told_at = ${peopleToldAt},
        closed_at = ${isClosed ? now : null}, version = version + 1 WHERE id = ${id}`.execute(transaction);
    const given = { what, peopleCount, measures, isReported, arePeopleTold, isClosed };
    await record(transaction, {
      type: 'data-breach.changed',
      actor,
      subject: { kind: 'data-breach', id },
      organisationId: before.organisationId,
      data: { fields: Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : name)) },
    });
  });
}

function notYet(): Conflict {
  return new Conflict('data-breaches/not-yet', {
    vi: 'Chưa đóng được: chưa báo cơ quan chức năng, hoặc chưa báo cho những người bị lộ dữ liệu vị trí, sinh trắc.',
    en: 'It cannot be closed yet: the authority was not told, or the people whose location or biometrics it is about.',
  });
}

function closed(): Conflict {
  return new Conflict('data-breaches/closed', { vi: 'Hồ sơ này đã đóng.', en: 'This file is closed.' });
}
