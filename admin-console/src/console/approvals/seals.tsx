import { t } from '../../design/language.ts';
import { type Seal, Seals } from '../../design/seals.tsx';
import type { ApprovalSummary } from './state.tsx';

/** The two seals of an act: who has agreed, who has not yet, and a refusal. */
export function ApprovalSeals({
  state,
  isSmall,
}: {
  readonly state: ApprovalSummary['state'];
  readonly isSmall?: boolean;
}) {
  const first: Seal = state === 'proposed' ? 'open' : 'closed';
  const isOver = state === 'refused' || state === 'failed';
  const second: Seal = state === 'approved' || state === 'applied' ? 'closed' : isOver ? 'refused' : 'open';
  return (
    <Seals
      first={first}
      second={second}
      isSmall={isSmall ?? false}
      label={
        second === 'closed'
          ? t('Hai người đã đồng ý', 'Two people have agreed')
          : second === 'refused'
            ? t('Người thứ hai không đồng ý', 'The second person did not agree')
            : first === 'closed'
              ? t('Một người đã đồng ý, còn một', 'One person has agreed, one is missing')
              : t('Chưa ai xác nhận', 'Nobody has confirmed yet')
      }
    />
  );
}
