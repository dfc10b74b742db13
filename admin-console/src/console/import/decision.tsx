import { api, must } from '../../design/api.ts';
import { ActionBar } from '../../design/bar.tsx';
import { Banner } from '../../design/form.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useAction } from '../../design/load.ts';
import type { Plan } from './kinds.ts';

/** What is said when nothing is left to decide. */
const afterwards: { readonly [Status in Plan['status']]?: () => string } = {
  applying: () => t('Đang ghi vào hồ sơ.', 'Being written.'),
  applied: () => t('Đã ghi vào hồ sơ.', 'Written.'),
  undone: () => t('Mọi người có lại những gì họ có trước đó.', 'Everybody has again what they had.'),
};

/** Who may do what with the plan now; nobody approves their own (the server says which). */
export function Decision({
  plan,
  onApplied,
  onBack,
}: {
  readonly plan: Plan;
  readonly onApplied: (plan: Plan) => void;
  readonly onBack: () => void;
}) {
  const { isBusy, error, run } = useAction();
  const { added, changed, left, referred } = plan.totals;
  const count = formatNumber(added + changed + left);
  const approves = plan.may.includes('approve');
  const apply = () =>
    run(async () => {
      const body = approves ? { approves: true } : {};
      onApplied(await must(api.POST('/api/v1/roster/plans/{id}/apply', { params: { path: { id: plan.id } }, body })));
    });
  const said =
    afterwards[plan.status]?.() ??
    (approves
      ? t(
          'Anh/chị duyệt được vì không phải người nhập. Duyệt là áp dụng đúng kế hoạch này.',
          'You may approve because somebody else imported it. Approving applies exactly this plan.',
        )
      : plan.status === 'held' && plan.isMine
        ? t(
            'Kế hoạch chờ người thứ hai: một người khác có quyền duyệt danh sách ở mọi đơn vị liên quan, thường là Quản trị Sở. Người nhập không tự duyệt.',
            'The plan waits for a second person: somebody else who may approve rosters at every organisation concerned, usually the department administrator. Nobody approves their own.',
          )
        : plan.status === 'held'
          ? t(
              'Kế hoạch chờ một người có quyền duyệt ở mọi đơn vị liên quan.',
              'The plan waits for somebody who may approve at every organisation concerned.',
            )
          : plan.may.includes('apply')
            ? t(`${count} thay đổi; các dòng bị từ chối không làm gì.`, `${count} changes; refused rows do nothing.`)
            : t('Không có gì để áp dụng.', 'There is nothing to apply.'));
  return (
    <>
      {error && <Banner state="bad">{error}</Banner>}
      <ActionBar said={said}>
        <button type="button" class="button" onClick={onBack}>
          {plan.status in afterwards ? t('Nhập tệp khác', 'Import another') : t('Quay lại', 'Back')}
        </button>
        {approves && (
          <button type="button" class="button button-primary" disabled={isBusy} onClick={apply}>
            {isBusy
              ? t('Đang áp dụng…', 'Applying…')
              : t(
                  `Duyệt và áp dụng ${formatNumber(added + changed + left + referred)} thay đổi`,
                  `Approve and apply ${formatNumber(added + changed + left + referred)} changes`,
                )}
          </button>
        )}
        {plan.may.includes('apply') && (
          <button type="button" class="button button-primary" disabled={isBusy} onClick={apply}>
            {isBusy ? t('Đang áp dụng…', 'Applying…') : t(`Áp dụng ${count} thay đổi`, `Apply ${count} changes`)}
          </button>
        )}
      </ActionBar>
    </>
  );
}
