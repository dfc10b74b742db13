import { t } from '../../design/language.ts';

/** Where one is on the way from a file to what is written. */
export function Steps({ now }: { readonly now: 1 | 2 | 3 | 4 }) {
  const names = [t('Tệp', 'File'), t('Ghép cột', 'Columns'), t('Xem trước', 'Preview'), t('Áp dụng', 'Apply')];
  return (
    <ol class="flex flex-wrap gap-x-5 gap-y-1 text-sm" aria-label={t('Các bước', 'Steps')}>
      {names.map((name, index) => {
        const isNow = index + 1 === now;
        return (
          <li key={name} class={isNow ? 'font-semibold' : 'text-quiet'} aria-current={isNow ? 'step' : undefined}>
            {index + 1 < now ? '✓' : index + 1} {name}
          </li>
        );
      })}
    </ol>
  );
}
