import { t } from '../../design/language.ts';
import type { Standing } from '../../design/mark.tsx';
import type { RowMark } from '../../design/ruled.tsx';
import type { paths } from '../../generated/api.d.ts';

export type DataRequest =
  paths['/api/v1/data-requests']['get']['responses']['200']['content']['application/json']['items'][number];
export type Breach =
  paths['/api/v1/data-breaches']['get']['responses']['200']['content']['application/json']['items'][number];

export function kindName(kind: DataRequest['kind']): string {
  const names: Readonly<Record<DataRequest['kind'], string>> = {
    copy: t('Xem, lấy bản sao', 'See or get a copy'),
    correct: t('Sửa dữ liệu', 'Correct data'),
    erase: t('Xoá dữ liệu', 'Erase data'),
    restrict: t('Hạn chế xử lý', 'Restrict processing'),
    object: t('Phản đối xử lý', 'Object to processing'),
    withdraw: t('Rút đồng ý', 'Withdraw an agreement'),
    protect: t('Bảo vệ dữ liệu', 'Protect data'),
  };
  return names[kind];
}

export function stateName(state: DataRequest['state']): string {
  const names: Readonly<Record<DataRequest['state'], string>> = {
    received: t('Chờ tiếp nhận', 'Received'),
    acknowledged: t('Đang xử lý', 'In hand'),
    erasing: t('Đang xoá', 'Being erased'),
    done: t('Đã thực hiện', 'Done'),
    refused: t('Không thực hiện', 'Refused'),
    withdrawn: t('Đã rút', 'Withdrawn'),
  };
  return names[state];
}

export const standingOf: Readonly<Record<DataRequest['state'], Standing>> = {
  received: 'warn',
  acknowledged: 'now',
  erasing: 'now',
  done: 'good',
  refused: 'plain',
  withdrawn: 'plain',
};

const hour = 3_600_000;

export interface Clock {
  readonly text: string;
  readonly mark: RowMark;
}

/** How much is left of a time: a day is not left any longer when it is over. */
export function clockOf(due: string, now: number): Clock {
  const left = Date.parse(due) - now;
  if (left <= 0) return { text: t('đã quá hạn', 'overdue'), mark: 'bad' };
  const days = Math.floor(left / (24 * hour));
  if (days >= 1)
    return {
      text: t(`còn ${days} ngày`, days === 1 ? 'one day left' : `${days} days left`),
      mark: days < 3 ? 'warn' : 'now',
    };
  const hours = Math.max(1, Math.floor(left / hour));
  return { text: t(`còn ${hours} giờ`, hours === 1 ? 'one hour left' : `${hours} hours left`), mark: 'warn' };
}

/** What runs now: being acknowledged, then being answered. */
export const dueOf = ({ acknowledgedAt, acknowledgeBy, dueAt }: DataRequest) =>
  acknowledgedAt ? dueAt : acknowledgeBy;

export function dataKindName(kind: Breach['dataKinds'][number]): string {
  const names: Readonly<Record<Breach['dataKinds'][number], string>> = {
    basic: t('Dữ liệu cơ bản (họ tên, ngày sinh, mã số)', 'Basic data (name, birth date, numbers)'),
    sensitive: t('Dữ liệu nhạy cảm (sức khoẻ, dân tộc…)', 'Sensitive data (health, ethnicity …)'),
    location: t('Vị trí', 'Location'),
    biometric: t('Sinh trắc', 'Biometrics'),
    credentials: t('Tên đăng nhập, mật khẩu', 'Sign-in names, passwords'),
  };
  return names[kind];
}
