/** How times are written for people: by Vietnam's clock, the day first. Nothing is imported, so that a page can use it too. */
export const timeZone = 'Asia/Ho_Chi_Minh';

/** Vietnam's clock (UTC+7, no summer time), whatever the zone of the machine. */
export const offsetMs = 7 * 3_600_000;

/** What a clock in Vietnam shows, as if it were UTC: for its parts, which are read with `getUTC…`. */
export function wallClockInVietnam(at: Date): Date {
  return new Date(at.getTime() + offsetMs);
}

const two = (value: number) => String(value).padStart(2, '0');

/** `26/11/2026` */
export function dayText(at: Date): string {
  const clock = wallClockInVietnam(at);
  return `${two(clock.getUTCDate())}/${two(clock.getUTCMonth() + 1)}/${clock.getUTCFullYear()}`;
}

/** `26/11/2026 10:46` */
export function minuteText(at: Date): string {
  return `${dayText(at)} ${wallClockInVietnam(at).toISOString().slice(11, 16)}`;
}

/** `26/11/2026 10:46:12` */
export function secondText(at: Date): string {
  return `${dayText(at)} ${wallClockInVietnam(at).toISOString().slice(11, 19)}`;
}
