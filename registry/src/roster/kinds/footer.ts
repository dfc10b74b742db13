import type { Text } from '@edutrust/platform/messages';
import type { FieldId } from '../columns/fields.ts';
import type { Column } from '../columns/match.ts';
import { fold } from './cells.ts';

/** Who a row could be about. */
const identities: ReadonlySet<FieldId> = new Set<FieldId>([
  'moetId',
  'localCode',
  'personalNumber',
  'fullName',
  'lastNames',
  'givenName',
  'childId',
  'childName',
  'organisationCode',
  'organisationName',
]);

const footerWords =
  /^(?:tong(?: so| cong)?\b|cong:?\b|danh sach (?:nay )?(?:co|gom)|an dinh|.*\bngay \d{0,2} ?(?:\.*|…*) ?thang\b|hieu truong|pho hieu truong|thu truong|nguoi lap|giao vien chu nhiem|ke toan|xac nhan|ky ten|\(ky|noi nhan|ghi chu)/;

const reasons = {
  footer: { vi: 'Phần cuối của danh sách in, không phải một người.', en: 'The foot of a printed list, not a person.' },
  heading: { vi: 'Dòng tựa, không phải một người.', en: 'A heading, not a person.' },
  header: { vi: 'Dòng tiêu đề lặp lại.', en: 'The header once more.' },
} as const satisfies Record<string, Text>;

export interface Footer {
  readonly text: string;
  readonly reason: Text;
  /** Whether what follows is the foot too: the name below «HIỆU TRƯỞNG». */
  readonly isEnd: boolean;
}

/**
 * A line of a printed list that is nobody: «Tổng số», «HIỆU TRƯỞNG», a heading between classes, the header of the next
 * page. A row that could be somebody is never one: it has an identity of its own, and more than that.
 */
export function isFooter(
  cells: readonly string[],
  columns: readonly Column[],
  isAfterFooter: boolean,
): Footer | undefined {
  // The rows of a file by the hundred thousand pass here: most are somebody, which their first cells say.
  const isHeader = columns.every(({ header, index }) => (cells[index] ?? '').trim() === header);
  const filled = cells.filter((cell) => cell.trim() !== '');
  if (filled.length > 3 && !isHeader) return undefined;
  const text = filled.join(' ').replaceAll(/\s+/g, ' ').slice(0, 100);
  if (isHeader) return { text, reason: reasons.header, isEnd: false };
  const hasIdentity = columns.some(
    ({ field, index }) => field !== null && identities.has(field) && (cells[index] ?? '').trim() !== '',
  );
  if (filled.some((cell) => footerWords.test(fold(cell))) && !hasIdentity)
    return { text, reason: reasons.footer, isEnd: true };
  if (isAfterFooter && filled.length <= 2 && !/\d{4}/.test(text)) return { text, reason: reasons.footer, isEnd: true };
  if (filled.length === 1 && !hasIdentity) return { text, reason: reasons.heading, isEnd: false };
  return undefined;
}
