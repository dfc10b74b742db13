import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, formatTime, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import type { Plan } from './kinds.ts';

/** What was done, as a file; and for seven days the way back. */
export function Afterwards({ plan, onPlan }: { readonly plan: Plan; readonly onPlan: (plan: Plan) => void }) {
  return (
    <section class="grid gap-4 justify-items-start">
      <a class="button button-small" href={`/api/v1/roster/plans/${plan.id}/result`} download>
        <Icon name="download" />
        {t('Tải kết quả từng dòng', 'Download the result row by row')}
      </a>
      {plan.may.includes('undo') && <Undo plan={plan} onPlan={onPlan} />}
    </section>
  );
}

function Undo({ plan, onPlan }: { readonly plan: Plan; readonly onPlan: (plan: Plan) => void }) {
  const params = { path: { id: plan.id } };
  const [loaded] = useLoad(`undo ${plan.id}`, () => must(api.GET('/api/v1/roster/plans/{id}/undo', { params })));
  const undo = async () => {
    await must(api.POST('/api/v1/roster/plans/{id}/undo', { params, body: {} }));
    onPlan(await must(api.GET('/api/v1/roster/plans/{id}', { params })));
  };
  return (
    <Show loaded={loaded}>
      {({ until, restored, withdrawn, blocked, blockedCount }) => (
        <div class="grid gap-3 justify-items-start">
          {blockedCount > 0 ? (
            <Banner state="warn">
              <b>
                {t(
                  `Không hoàn tác được nữa vì ${formatNumber(blockedCount)} người đã được thay đổi từ đó:`,
                  `It can no longer be undone: ${formatNumber(blockedCount)} people were changed since:`,
                )}
              </b>
              <ul class="grid gap-1 mt-1 text-sm">
                {blocked.map(({ fullName, reason }) => (
                  <li key={fullName + reason}>
                    {fullName}: {reason}
                  </li>
                ))}
              </ul>
            </Banner>
          ) : (
            <>
              <p class="text-sm text-quiet">
                {t(`Hoàn tác được tới ${formatTime(until)}.`, `It can be undone until ${formatTime(until)}.`)}
              </p>
              <ActButton
                label={t('Hoàn tác', 'Undo')}
                question={t('Hoàn tác lần nhập này?', 'Undo this import?')}
                confirm={t('Hoàn tác', 'Undo')}
                bad
                onConfirm={undo}
              >
                <p>
                  {t(
                    `${formatNumber(restored)} người có lại đúng những gì họ có trước đó; ${formatNumber(withdrawn)} hồ sơ mới được ghi là đã rời và giữ mã giáo dục.`,
                    `${formatNumber(restored)} people have exactly what they had before; ${formatNumber(withdrawn)} new records have left and keep their education IDs.`,
                  )}
                </p>
              </ActButton>
            </>
          )}
        </div>
      )}
    </Show>
  );
}
