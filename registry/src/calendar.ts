import { wallClockInVietnam } from '@edutrust/platform/calendar';

/** The school year's first calendar year: it begins on 1 August in Vietnam. */
export function schoolYearAt(now: Date): number {
  const local = wallClockInVietnam(now);
  return local.getUTCMonth() >= 7 ? local.getUTCFullYear() : local.getUTCFullYear() - 1;
}
