import { t } from '../../design/language.ts';
import { State } from '../../design/mark.tsx';
import type { paths } from '../../generated/api.d.ts';

export type ApprovalSummary =
  paths['/api/v1/approvals']['get']['responses']['200']['content']['application/json']['items'][number];
export type ApprovalView = paths['/api/v1/approvals/{id}']['get']['responses']['200']['content']['application/json'];

/** How an act of two people stands. */
export function ApprovalState({ state }: { readonly state: ApprovalSummary['state'] }) {
  switch (state) {
    case 'proposed':
      return <State state="warn">{t('Chờ người lập xác nhận', 'Waiting for its maker')}</State>;
    case 'confirmed':
      return <State state="warn">{t('Chờ người thứ hai', 'Waiting for a second person')}</State>;
    case 'approved':
      return <State state="good">{t('Đã duyệt, đang thực hiện', 'Approved, under way')}</State>;
    case 'applied':
      return <State state="good">{t('Đã xong', 'Done')}</State>;
    case 'refused':
      return <State state="bad">{t('Bị từ chối', 'Refused')}</State>;
    case 'withdrawn':
      return <State state="plain">{t('Đã rút', 'Withdrawn')}</State>;
    case 'expired':
      return <State state="plain">{t('Quá hạn', 'Expired')}</State>;
    case 'failed':
      return <State state="bad">{t('Không còn thực hiện được', 'No longer possible')}</State>;
  }
}
