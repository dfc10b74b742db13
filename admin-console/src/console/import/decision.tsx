import { api, must } from '../../design/api.ts';
import { ActionBar, Refusal } from '../../design/bar.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useAction } from '../../design/load.ts';
import { approvalPath } from '../approvals/passkey-act.ts';
import { useProposed } from '../proposed.ts';
import type { Plan } from './kinds.ts';

/** What is said when nothing is left to decide. */
const afterwards: { readonly [Status in Plan['status']]?: () => string } = {
  applying: () => t('Đang ghi vào hồ sơ.', 'Being written.'),
  applied: () => t('Đã ghi vào hồ sơ.', 'Written.'),
  undone: () => t('Mọi người có lại những gì họ có trước đó.', 'Everybody has what they had before.'),
};

/** Who may do what with the plan now; a held one takes two people (the server says which). */
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
  const isProposed = useProposed();
  const { added, changed, left } = plan.totals;
  const count = formatNumber(added + changed + left);
  const params = { path: { id: plan.id } };
  const apply = () =>
    run(async () => onApplied(await must(api.POST('/api/v1/roster/plans/{id}/apply', { params, body: {} }))));
  const propose = () =>
    run(async () => {
      isProposed(await must(api.POST('/api/v1/roster/plans/{id}/release', { params })));
    });
  const mayPropose = plan.may.includes('propose');
  const said =
    afterwards[plan.status]?.() ??
    (mayPropose
      ? t(
          'Kế hoạch này cần hai người: anh/chị xác nhận bằng passkey, rồi một người khác, thường là Quản trị Sở, duyệt.',
          'This plan takes two people: you confirm it with your passkey, then somebody else, usually the department administrator, approves it.',
        )
      : plan.status === 'held'
        ? t('Kế hoạch chờ người thứ hai.', 'The plan waits for a second person.')
        : (plan.may.includes('apply') ? saidOfChanges : saidOfNothing)(plan));
  return (
    <ActionBar said={error ? <Refusal>{error}</Refusal> : said}>
      <button type="button" class="button" onClick={onBack}>
        {plan.status in afterwards ? t('Nhập tệp khác', 'Import another') : t('Quay lại', 'Back')}
      </button>
      {plan.approvalId && !mayPropose && (
        <a class={plan.status === 'held' ? 'button button-primary' : 'button'} href={approvalPath(plan.approvalId)}>
          {t('Xem việc hai người', 'See what takes two')}
        </a>
      )}
      {mayPropose && (
        <button type="button" class="button button-primary" disabled={isBusy} onClick={propose}>
          {t('Đề nghị người thứ hai duyệt', 'Ask for a second person')}
        </button>
      )}
      {plan.may.includes('apply') && (
        <button type="button" class="button button-primary" disabled={isBusy} onClick={apply}>
          {isBusy ? t('Đang áp dụng…', 'Applying…') : t(`Áp dụng ${count} thay đổi`, `Apply ${count} changes`)}
        </button>
      )}
    </ActionBar>
  );
}

function saidOfChanges({ kind, totals: { added, changed, left, refused } }: Plan): string {
  const count = formatNumber(added + changed + left);
  const what =
    refused > 0
      ? t(`${count} thay đổi; các dòng bị từ chối không làm gì.`, `${count} changes; refused rows do nothing.`)
      : t(`${count} thay đổi.`, `${count} changes.`);
  // Organisations stay where people may stand in them.
  return kind === 'schools'
    ? what
    : `${what} ${t('Hoàn tác được trong 7 ngày.', 'They can be undone for seven days.')}`;
}

const saidOfNothing = ({ totals: { refused } }: Plan): string =>
  refused > 0
    ? t(
        'Không có gì để áp dụng. Sửa các dòng bị từ chối rồi nhập lại tệp.',
        'There is nothing to apply. Correct the refused rows and import the file again.',
      )
    : t('Không có gì để áp dụng.', 'There is nothing to apply.');
