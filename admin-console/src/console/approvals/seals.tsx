import { t } from '../../design/language.ts';

type State = 'proposed' | 'confirmed' | 'approved' | 'applied' | 'refused' | 'withdrawn' | 'expired' | 'failed';

const ring = 'size-14 rounded-full grid place-items-center border-2 text-sm font-semibold';

/** Two seals: a closed ring for each person who has agreed, a dashed one for each who has not yet. */
export function Seals({ state }: { readonly state: State }) {
  const first = state !== 'proposed';
  const second = state === 'approved' || state === 'applied';
  return (
    <div
      class="flex"
      role="img"
      aria-label={
        second
          ? t('Hai người đã đồng ý', 'Two people have agreed')
          : first
            ? t('Một người đã đồng ý, còn một', 'One person has agreed, one is missing')
            : t('Chưa ai xác nhận', 'Nobody has confirmed yet')
      }
    >
      <span class={`${ring} ${first ? 'border-good text-good' : 'border-dashed text-quiet'} bg-raised`}>
        {first ? '✓' : '1'}
      </span>
      <span class={`${ring} -ml-3 ${second ? 'border-good text-good' : 'border-dashed text-quiet'} bg-raised`}>
        {second ? '✓' : '2'}
      </span>
    </div>
  );
}
