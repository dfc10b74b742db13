import { defineMoves } from '@edutrust/platform/moves';
import type { PersonStatus } from '../tables.ts';

/**
 * How somebody stands with the registry. Who belongs nowhere has left: accounts, sessions, roles and directories close at
 * once, and for `graceDays` everything is ready for a return. Then the record is archived. A person who comes back, after a week
 * or after years, has the record and the education ID of before; a merged record comes back only by a split
 * (`people/split.ts`), as it stood before; of an erased one a tombstone is left, also of those that were merged into it.
 */
export const standing = defineMoves<PersonStatus>('people/not-now', {
  active: { to: ['left', 'merged'], vi: 'đang ở đơn vị', en: 'active' },
  left: { to: ['active', 'archived', 'merged', 'erased'], vi: 'đã rời', en: 'left' },
  archived: { to: ['active', 'merged', 'erased'], vi: 'lưu trữ', en: 'archived' },
  merged: { to: ['active', 'left', 'archived'], vi: 'đã gộp vào hồ sơ khác', en: 'merged into another record' },
  erased: { to: [], vi: 'đã xoá theo yêu cầu', en: 'erased on request' },
});

/** Days between leaving and the archive: a summer and its late enrolments. */
export const graceDays = 90;
