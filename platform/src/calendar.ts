import { type RawBuilder, sql } from 'kysely';

/** Days begin and end by Vietnam's clock (UTC+7, no summer time), whatever the zone of the machine or of a connection. */
const offsetMs = 7 * 3_600_000;
export const timeZone = 'Asia/Ho_Chi_Minh';

/** The date in Vietnam at that time, `YYYY-MM-DD`. */
export function dateInVietnam(at: Date): string {
  return wallClockInVietnam(at).toISOString().slice(0, 10);
}

/** What a clock in Vietnam shows, as if it were UTC: for its parts, which are read with `getUTC…`. */
export function wallClockInVietnam(at: Date): Date {
  return new Date(at.getTime() + offsetMs);
}

/** The midnight in Vietnam that ends the day so many days after. */
export function endOfDayInVietnam(at: Date, daysAfter = 0): Date {
  return new Date(Date.parse(`${dateInVietnam(at)}T00:00:00Z`) - offsetMs + (daysAfter + 1) * 86_400_000);
}

/** {@link dateInVietnam} in SQL: a `date` of a `timestamptz`, where a cast would give the day of the connection's zone. */
export function sqlDateInVietnam(at: string): RawBuilder<string> {
  return sql`(${sql.ref(at)} AT TIME ZONE ${sql.lit(timeZone)})::date`;
}
