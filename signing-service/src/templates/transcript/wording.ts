import { dayText } from '@edutrust/platform/vietnam-time';
import type { Mark } from './data.ts';

/** All texts in NFC: fonts draw a letter and its marks well only as one character. */
export function normalised<Data extends object>(data: Data): Data {
  const visit = (value: unknown): unknown => {
    if (typeof value === 'string') return value.normalize('NFC').replace(/\s+/gu, ' ').trim();
    if (Array.isArray(value)) return value.map(visit);
    if (value instanceof Date || value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, visit(entry)]));
  };
  return visit(data) as Data; // the visit keeps the shape and changes texts only
}

/** `8.5` → `8,5`, `10` → `10`, as Vietnamese schools write marks; nothing → a dash. */
export function markText(mark: Mark | null): string {
  if (mark === null || mark === '') return '–';
  if (typeof mark === 'string') return mark;
  const text = (Math.round(mark * 10) / 10).toFixed(1).replace('.', ',');
  return text === '10,0' ? '10' : text;
}

/** `7901234568` → `790 123 456 8`; anything else as it is. */
export function educationIdText(id: string): string {
  const digits = id.replace(/\s/gu, '');
  return /^\d{10}$/u.test(digits)
    ? `${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6, 9)} ${digits.slice(9)}`
    : id;
}

/** `2014-03-09` → `09/03/2014`. */
export function dateText(isoDate: string): string {
  const [year, month, day] = isoDate.split('-');
  return year && month && day ? `${day}/${month}/${year}` : isoDate;
}

/** `ngày 05 tháng 02 năm 2027`: a zero stands before days up to 9 and months 1 and 2 (Decree 30/2020/NĐ-CP, annex I). */
export function longDateText(at: Date): string {
  const [day, month, year] = dayText(at).split('/');
  return `ngày ${day} tháng ${Number(month) <= 2 ? month : Number(month)} năm ${year}`;
}
