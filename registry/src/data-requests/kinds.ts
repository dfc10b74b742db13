import { endOfDayInVietnam, wallClockInVietnam } from '@edutrust/platform/calendar';
import type { Text } from '@edutrust/platform/messages';
import { defineMoves } from '@edutrust/platform/moves';

/** A right of Law 91/2025/QH15, article 4.1, as people ask for it, and how many days there are for it. */
interface RequestKind extends Text {
  /** Decree 356/2025, article 5; extended once by as many. */
  readonly days: number;
}

export const requestKinds = {
  copy: { vi: 'xem, lấy bản sao dữ liệu', en: 'see the data or get a copy', days: 10 },
  correct: { vi: 'sửa dữ liệu sai', en: 'correct wrong data', days: 10 },
  erase: { vi: 'xoá dữ liệu', en: 'erase the data', days: 20 },
  restrict: { vi: 'hạn chế xử lý dữ liệu', en: 'restrict what is done with the data', days: 15 },
  object: { vi: 'phản đối việc xử lý dữ liệu', en: 'object to what is done with the data', days: 15 },
  withdraw: { vi: 'rút lại sự đồng ý', en: 'withdraw an agreement', days: 15 },
  protect: { vi: 'bảo vệ dữ liệu', en: 'protect the data', days: 15 },
} as const satisfies Readonly<Record<string, RequestKind>>;

export type RequestKindName = keyof typeof requestKinds;
export const requestKindNames = Object.keys(requestKinds) as RequestKindName[]; // the keys of the table

export type RequestState = 'received' | 'acknowledged' | 'erasing' | 'done' | 'refused' | 'withdrawn';

/** `erasing`: two people agreed, the record is a tombstone, and a job takes out the rest. */
export const requestMoves = defineMoves<RequestState>('data-requests/not-now', {
  received: { vi: 'chờ tiếp nhận', en: 'received', to: ['acknowledged', 'done', 'refused', 'withdrawn'] },
  acknowledged: { vi: 'đang xử lý', en: 'in hand', to: ['erasing', 'done', 'refused', 'withdrawn'] },
  erasing: { vi: 'đang xoá', en: 'being erased', to: ['done'] },
  done: { vi: 'đã thực hiện', en: 'done', to: [] },
  refused: { vi: 'không thực hiện, có lý do', en: 'refused with a reason', to: [] },
  withdrawn: { vi: 'người yêu cầu đã rút', en: 'withdrawn by who asked', to: [] },
});

/** Working days within which who asked is told that the request arrived. */
export const acknowledgeWorkingDays = 2;

/** As `endOfDayInVietnam`, counting Mondays to Fridays. Public holidays are not known here, so a time is never too late. */
export function endOfWorkingDayAfter(at: Date, days: number): Date {
  let after = 0;
  for (let left = days; left > 0; ) {
    after += 1;
    const weekday = wallClockInVietnam(new Date(endOfDayInVietnam(at, after).getTime() - 1)).getUTCDay();
    if (weekday !== 0 && weekday !== 6) left -= 1;
  }
  return endOfDayInVietnam(at, after);
}
