import { formatNumber, t } from '../../design/language.ts';
import type { Standing } from '../../design/mark.tsx';
import type { paths } from '../../generated/api.d.ts';

export type Target =
  paths['/api/v1/sync/targets']['get']['responses']['200']['content']['application/json']['items'][number];
export type Client =
  paths['/api/v1/sync/clients']['get']['responses']['200']['content']['application/json']['items'][number];
export type Run =
  paths['/api/v1/sync/targets/{id}/runs']['get']['responses']['200']['content']['application/json']['items'][number];
export type Explanation =
  paths['/api/v1/sync/targets/{id}/people/{person}']['get']['responses']['200']['content']['application/json'];
export type RunView = paths['/api/v1/sync/runs/{id}']['get']['responses']['200']['content']['application/json'];

/** How a target stands: in words and in a shape. */
export function targetState({ state, failure, failureCode, heldRunId }: Target): {
  readonly state: Standing;
  readonly word: string;
} {
  if (state === 'paused') return { state: 'plain', word: t('Tạm dừng', 'Paused') };
  if (failure !== null) {
    const word = isRefusal(failureCode)
      ? t('Từ chối một phần', 'Refuses some of it')
      : t('Không đồng bộ được', 'Cannot be kept in step');
    return { state: 'bad', word };
  }
  if (heldRunId !== null) return { state: 'warn', word: t('Chờ người thứ hai', 'Waits for a second person') };
  switch (state) {
    case 'healthy':
      return { state: 'good', word: t('Đang chạy tốt', 'Healthy') };
    case 'slow':
      return { state: 'warn', word: t('Đang chậm, sẽ chạy lại', 'Behind, will run again') };
    case 'new':
      return { state: 'plain', word: t('Chưa kết nối lần nào', 'Not in contact yet') };
  }
}

/** It answered, and refused some of what it was sent. */
export const isRefusal = (failureCode: string | null): boolean => failureCode === 'sync/changes-refused';

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

/** What a run did, or would do; what there was none of is left out. */
export function totalsOf({ totals }: Pick<Run, 'totals'>): string {
  const parts = (
    [
      [totals.added, t('thêm', 'added')],
      [totals.changed, t('sửa', 'changed')],
      [totals.disabled, t('vô hiệu', 'disabled')],
      [totals.failed, t('bị từ chối', 'refused')],
    ] as const
  )
    .filter(([count]) => count > 0)
    .map(([count, word]) => t(`${word} ${formatNumber(count)}`, `${formatNumber(count)} ${word}`));
  const same = t(`giữ nguyên ${formatNumber(totals.unchanged)}`, `${formatNumber(totals.unchanged)} unchanged`);
  return [...(parts.length > 0 ? parts : [t('không có gì phải đổi', 'nothing to change')]), same].join(' · ');
}

/** Where it is, as its settings say; secrets are not among them. */
export function addressOf({ settings }: Target): string {
  return typeof settings.url === 'string' ? settings.url : '';
}

export const kindOfClient = (kind: Client['kind']): string =>
  ({ scim: 'SCIM 2.0', oneroster: 'OneRoster 1.2', events: t('tin và tệp', 'events and files') })[kind];
