/** The school year's first calendar year: it begins on 1 August in Vietnam's time zone (UTC+7). */
export function schoolYearAt(now: Date): number {
  const local = new Date(now.getTime() + 7 * 3_600_000);
  return local.getUTCMonth() >= 7 ? local.getUTCFullYear() : local.getUTCFullYear() - 1;
}

/** Today's date in Vietnam, `YYYY-MM-DD`. */
export function dateInVietnam(now: Date): string {
  return new Date(now.getTime() + 7 * 3_600_000).toISOString().slice(0, 10);
}
