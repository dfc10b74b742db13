import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Progress } from '../../design/bar.tsx';
import { Banner } from '../../design/form.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useLive } from '../../design/live.ts';
import { usePace } from '../../design/pace.ts';
import type { Plan } from './kinds.ts';

/** A long plan while it is being applied: how far it is, until it is done. It goes on without this page. */
export function GoingOn({ plan, onPlan }: { readonly plan: Plan; readonly onPlan: (plan: Plan) => void }) {
  const [missed, setMissed] = useState(0);
  const askAgain = () =>
    must(api.GET('/api/v1/roster/plans/{id}', { params: { path: { id: plan.id } } })).then(
      (now) => {
        setMissed(0);
        onPlan(now);
      },
      () => setMissed((count) => count + 1),
    );
  useLive(`/api/v1/roster/plans/${plan.id}`, askAgain, 2_000);
  const { done, total } = plan.progress ?? { done: 0, total: 0 };
  const pace = usePace(done, total);
  return (
    <section class="card p-6! grid gap-3" aria-label={t('Tiến độ', 'Progress')}>
      <Progress part={total === 0 ? 0 : done / total}>
        {t(
          `Đã ghi ${formatNumber(done)} trên ${formatNumber(total)} thay đổi. ${pace} Có thể rời trang này; việc vẫn tiếp tục, và lần nhập nằm trong «Các lần nhập».`,
          `${formatNumber(done)} of ${formatNumber(total)} changes are written. ${pace} You may leave this page: the work goes on, and the import stays under “Earlier imports”.`,
        )}
      </Progress>
      {missed > 2 && (
        <Banner state="warn">
          {t('Chưa hỏi được tiến độ; đang thử lại.', 'The progress could not be read; trying again.')}
        </Banner>
      )}
    </section>
  );
}
