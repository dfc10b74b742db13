import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';

/** Where one is on the way from a file to what is written. */
export function Steps({ now }: { readonly now: 1 | 2 | 3 | 4 }) {
  const names = [t('Tệp', 'File'), t('Ghép cột', 'Columns'), t('Xem trước', 'Preview'), t('Áp dụng', 'Apply')];
  return (
    <ol class="flex flex-wrap gap-x-5 gap-y-1 mb-2 text-sm font-semibold" aria-label={t('Các bước', 'Steps')}>
      {names.map((name, index) => {
        const isNow = index + 1 === now;
        const isDone = index + 1 < now;
        return (
          <li
            key={name}
            class={`inline-flex items-center gap-2 ${isNow ? 'text-ink' : isDone ? 'text-good' : 'text-quiet'}`}
            aria-current={isNow ? 'step' : undefined}
          >
            <span
              class={`size-6 rounded-full border-2 border-current grid place-items-center text-xs ${isNow ? 'bg-accent border-accent! text-on-accent' : ''}`}
            >
              {isDone ? <Icon name="check" class="size-3.5!" /> : index + 1}
            </span>
            <span class={isNow ? '' : 'max-sm:sr-only'}>{name}</span>
          </li>
        );
      })}
    </ol>
  );
}
