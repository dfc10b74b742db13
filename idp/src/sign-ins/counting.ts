import type { Database } from '@edutrust/platform/database';
import type { OutboxReader } from '@edutrust/platform/outbox';
import { sql } from 'kysely';

/**
 * Counts sign-ins by hour and home organisation, behind the sign-in itself, which waits for nothing. Of people it keeps
 * nothing. A batch that comes twice because the program ended between the two is counted twice: a picture of the day
 * may be off by it, and nothing is decided by it.
 */
export function signInCounter({ db }: { readonly db: Database }): OutboxReader {
  return {
    consumer: 'idp.sign-in-hours',
    types: ['account.signed-in'],
    handle: async (events) => {
      const at = events.map((event) => event.at.toISOString());
      const who = events.map(({ subject }) => subject.id);
      await sql`
        INSERT INTO idp.sign_in_hour AS kept (hour, organisation_id, count)
        SELECT date_trunc('hour', seen.at), p.home_organisation_id, count(*)
        FROM unnest(${at}::timestamptz[], ${who}::uuid[]) AS seen (at, person_id)
        JOIN registry.person AS p ON p.id = seen.person_id AND p.home_organisation_id IS NOT NULL
        GROUP BY 1, 2
        ON CONFLICT (hour, organisation_id) DO UPDATE SET count = kept.count + excluded.count`.execute(db);
    },
  };
}

/** Sign-ins of one hour of the day, and of the same hour a week before. */
interface Hour {
  readonly hour: number;
  readonly count: number;
  readonly weekBefore: number;
}

/** A school from which far fewer came than by the same hour a week before. */
interface Behind {
  readonly id: string;
  readonly name: string;
  readonly count: number;
  readonly weekBefore: number;
}

export interface SignInsOfDay {
  readonly hours: Hour[];
  readonly behind: Behind[];
}

/** Fewer than these a week before say nothing about today. */
const leastWeekBefore = 10;
const listed = 5;

/**
 * The day in Vietnam (UTC+7, no summer time) that `now` lies in, of the organisations in and below `scope`; every
 * hour of it. `behind` holds at most five, those from which least came of what came a week before, less than half.
 */
export async function signInsOfDay(db: Database, scope: readonly string[], now: Date): Promise<SignInsOfDay> {
  const at = now.toISOString();
  const start = sql`date_trunc('day', ${at}::timestamptz, 'Asia/Ho_Chi_Minh')`;
  const within = sql`
    SELECT o.id, o.name, o.kind, k.count, k.hour >= ${start} AS "isToday",
      CASE WHEN k.hour >= ${start} THEN k.hour ELSE k.hour + interval '7 days' END AS hour
    FROM idp.sign_in_hour AS k JOIN registry.organisation AS o ON o.id = k.organisation_id
    WHERE o.path && ${[...scope]}::uuid[]
      AND (k.hour >= ${start} AND k.hour <= ${at}
        OR k.hour >= ${start} - interval '7 days' AND k.hour < ${start} - interval '6 days')`;
  const today = sql`coalesce(sum(count) FILTER (WHERE "isToday"), 0)::int`;
  const before = sql`coalesce(sum(count) FILTER (WHERE NOT "isToday"), 0)::int`;
  const [hours, behind] = await Promise.all([
    sql<Hour>`WITH within AS (${within})
      SELECT h.hour, ${today} AS count, ${before} AS "weekBefore"
      FROM generate_series(0, 23) AS h (hour)
      LEFT JOIN within ON extract(hour FROM within.hour AT TIME ZONE 'Asia/Ho_Chi_Minh') = h.hour
      GROUP BY h.hour ORDER BY h.hour`.execute(db),
    sql<Behind>`WITH within AS (${within})
      SELECT id, name, ${today} AS count, ${before} AS "weekBefore"
      FROM within WHERE kind IN ('school', 'centre') AND hour < date_trunc('hour', ${at}::timestamptz)
      GROUP BY id, name HAVING ${before} >= ${leastWeekBefore} AND ${today} * 2 < ${before}
      ORDER BY ${today}::float / ${before}, ${before} DESC, id LIMIT ${listed}`.execute(db),
  ]);
  return { hours: hours.rows, behind: behind.rows };
}

/** How long an hour is kept. */
const keptDays = 35;

export async function forgetOldHours(db: Database): Promise<void> {
  await sql`DELETE FROM idp.sign_in_hour WHERE hour < now() - make_interval(days => ${keptDays})`.execute(db);
}
