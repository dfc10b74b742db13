/** A sentence in both languages; one without its translation does not compile. */
export interface Text {
  readonly vi: string;
  readonly en: string;
}
export type Locale = 'vi' | 'en';

let current: Locale = 'vi';

/** The language of what is rendered next. On the server rendering is synchronous, so it is set once per page. */
export function setLocale(locale: Locale): void {
  current = locale;
}

export function locale(): Locale {
  return current;
}

/** The sentence in the language of now. */
export function t(vi: string, en: string): string {
  return current === 'vi' ? vi : en;
}

const twoDigits = { day: '2-digit', month: '2-digit', year: 'numeric', timeZone: 'Asia/Ho_Chi_Minh' } as const;

// Made once: an Intl object holds memory that V8 does not see, and a page may format a hundred times (tests/house/house).
const dateFormat = new Intl.DateTimeFormat('en-GB', twoDigits);
const timeFormat = new Intl.DateTimeFormat('en-GB', { ...twoDigits, hour: '2-digit', minute: '2-digit' });
const agoFormats = {
  vi: new Intl.RelativeTimeFormat('vi', { numeric: 'auto' }),
  en: new Intl.RelativeTimeFormat('en', { numeric: 'auto' }),
};
const numberFormats = { vi: new Intl.NumberFormat('vi'), en: new Intl.NumberFormat('en') };

const isoDayFormat = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Ho_Chi_Minh' });

/** `2026-11-23`, Vietnam time. */
export function isoDay(at: Date | number): string {
  return isoDayFormat.format(at);
}

/** `23/11/2026` */
export function formatDate(at: string): string {
  return dateFormat.format(new Date(at));
}

/** `23/11/2026 08:15`, Vietnam time. */
export function formatTime(at: string): string {
  return timeFormat.format(new Date(at)).replace(',', '');
}

const longDay = { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'Asia/Ho_Chi_Minh' } as const;
const longDayFormats = { vi: new Intl.DateTimeFormat('vi', longDay), en: new Intl.DateTimeFormat('en-GB', longDay) };

/** `23 tháng 11, 2026`: nobody takes the day for the month. */
export function formatLongDay(at: string): string {
  return longDayFormats[current].format(new Date(at));
}

const clockFormat = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'Asia/Ho_Chi_Minh',
});

/** `08:15`, Vietnam time. */
export function formatClock(at: string): string {
  return clockFormat.format(new Date(at));
}

const weekdayFormats = {
  vi: new Intl.DateTimeFormat('vi', { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'Asia/Ho_Chi_Minh' }),
  en: new Intl.DateTimeFormat('en-GB', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    timeZone: 'Asia/Ho_Chi_Minh',
  }),
};

/** `Thứ Bảy, ngày 28 tháng 11`, as a page of an exercise book begins; Vietnam time. */
export function formatWeekday(at: Date | number): string {
  return weekdayFormats[current].format(at).replace(/, (?=\d)/, current === 'vi' ? ', ngày ' : ' ');
}

/** `Hôm nay`, `Hôm qua`, before that `23/11/2026`; Vietnam time. */
export function formatDay(at: string, now = Date.now()): string {
  const day = formatDate(at);
  const daysAgo = [0, 1].find((days) => day === dateFormat.format(now - days * 86_400_000));
  return daysAgo === undefined ? day : agoFormats[current].format(-daysAgo, 'day');
}

/** `Hôm nay 08:15`, `Hôm qua 08:15`, before that the day alone; Vietnam time. */
export function formatWhen(at: string, now = Date.now()): string {
  const day = formatDay(at, now);
  return day === formatDate(at) ? day : `${day} ${formatClock(at)}`;
}

/** `3 phút trước` */
export function formatAgo(at: string, now = Date.now()): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1000);
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  const relative = agoFormats[current];
  for (const [unit, size] of units)
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  return relative.format(Math.min(0, seconds), 'second');
}

export function formatNumber(value: number): string {
  return numberFormats[current].format(value);
}

/** `790 123 456 8` */
export function formatEducationId(id: string): string {
  return id.replace(/^(\d{3})(\d{3})(\d{3})(\d)$/, '$1 $2 $3 $4');
}
