import { type RawBuilder, sql } from 'kysely';
import { offsetMs, timeZone, wallClockInVietnam } from './vietnam-time.ts';

export { timeZone, wallClockInVietnam };

/** The date in Vietnam at that time, `YYYY-MM-DD`. */
export function dateInVietnam(at: Date): string {
  return wallClockInVietnam(at).toISOString().slice(0, 10);
}

/** The midnight in Vietnam that ends the day so many days after. */
export function endOfDayInVietnam(at: Date, daysAfter = 0): Date {
  return new Date(Date.parse(`${dateInVietnam(at)}T00:00:00Z`) - offsetMs + (daysAfter + 1) * 86_400_000);
}

/** {@link dateInVietnam} in SQL: a `date` of a `timestamptz`, where a cast would give the day of the connection's zone. */
export function sqlDateInVietnam(at: string): RawBuilder<string> {
  return sql`(${sql.ref(at)} AT TIME ZONE ${sql.lit(timeZone)})::date`;
}
