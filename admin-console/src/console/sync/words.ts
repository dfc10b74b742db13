import { formatNumber, t } from '../../design/language.ts';
import type { Standing } from '../../design/mark.tsx';
import type { paths } from '../../generated/api.d.ts';

export type Target =
  paths['/api/v1/sync/targets']['get']['responses']['200']['content']['application/json']['items'][number];
export type Run =
  paths['/api/v1/sync/targets/{id}/runs']['get']['responses']['200']['content']['application/json']['items'][number];
export type RunView = paths['/api/v1/sync/runs/{id}']['get']['responses']['200']['content']['application/json'];

/** How a target stands: in words and in a shape. */
export function targetState({ state, failure, heldRunId }: Target): {
  readonly state: Standing;
  readonly word: string;
} {
  if (failure !== null) return { state: 'bad', word: t('Không nối được', 'Cannot be reached') };
  if (heldRunId !== null) return { state: 'warn', word: t('Chờ người thứ hai', 'Waits for a second person') };
  switch (state) {
    case 'healthy':
      return { state: 'good', word: t('Đang chạy tốt', 'Healthy') };
    case 'slow':
      return { state: 'warn', word: t('Đang chậm, sẽ chạy lại', 'Behind, will run again') };
    case 'paused':
      return { state: 'plain', word: t('Tạm dừng', 'Paused') };
    case 'new':
      return { state: 'plain', word: t('Chưa kết nối lần nào', 'Not in contact yet') };
  }
}

export function runState({ state }: Pick<Run, 'state'>): { readonly state: Standing; readonly word: string } {
  switch (state) {
    case 'running':
      return { state: 'now', word: t('Đang chạy', 'Running') };
    case 'done':
      return { state: 'good', word: t('Xong', 'Done') };
    case 'held':
      return { state: 'warn', word: t('Giữ lại, chờ duyệt', 'Held for approval') };
    case 'released':
      return { state: 'good', word: t('Đã duyệt, đang thực hiện', 'Released, being done') };
    case 'superseded':
      return { state: 'plain', word: t('Đã có kế hoạch mới hơn', 'Superseded by a newer plan') };
    case 'failed':
      return { state: 'bad', word: t('Không xong', 'Failed') };
  }
}

/** What a run did, or would do. */
export function totalsOf({ totals }: Pick<Run, 'totals'>): string {
  return t(
    `thêm ${formatNumber(totals.added)} · sửa ${formatNumber(totals.changed)} · vô hiệu ${formatNumber(totals.disabled)} · giữ nguyên ${formatNumber(totals.unchanged)} · lỗi ${formatNumber(totals.failed)}`,
    `${formatNumber(totals.added)} added · ${formatNumber(totals.changed)} changed · ${formatNumber(totals.disabled)} disabled · ${formatNumber(totals.unchanged)} unchanged · ${formatNumber(totals.failed)} failed`,
  );
}

/** What a field of the contract is, as people call it. */
export function fieldName(field: string): string {
  const names: Record<string, string> = {
    name: t('họ tên', 'name'),
    birthDate: t('ngày sinh', 'birth date'),
    gender: t('giới tính', 'gender'),
    roles: t('vai trò', 'role'),
    organisations: t('trường', 'school'),
    classes: t('lớp', 'class'),
    titles: t('chức danh', 'title'),
  };
  return names[field] ?? field;
}

/** Where it is, as its settings say; secrets are not among them. */
export function addressOf({ settings }: Target): string {
  return typeof settings.url === 'string' ? settings.url : '';
}
