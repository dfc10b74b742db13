import { t } from '../design/language.ts';
import { Part } from './part.tsx';

/** Each surface with its ink. */
export function Colours() {
  const pairs = [
    ['bg-paper', t('giấy', 'paper')],
    ['bg-raised', t('nổi', 'raised')],
    ['bg-sunken', t('chìm', 'sunken')],
    ['bg-accent text-on-accent', t('nhấn', 'accent')],
    ['bg-accent-soft text-accent', t('nhấn nhạt', 'accent, soft')],
    ['bg-good-soft text-good', t('tốt', 'good')],
    ['bg-warn-soft text-warn', t('xem lại', 'look')],
    ['bg-bad-soft text-bad', t('hỏng', 'failed')],
    ['bg-off-soft text-off', t('chưa', 'not yet')],
  ] as const;
  return (
    <Part title={t('Màu', 'Colours')}>
      <ul class="grid gap-2 grid-cols-2 sm:grid-cols-5">
        {pairs.map(([look, name]) => (
          <li key={name} class={`${look} rounded-control border border-line px-3 py-4 font-semibold`}>
            {name}
          </li>
        ))}
        <li class="squared rounded-control border border-line px-3 py-4 font-semibold">{t('ô ly', 'squared')}</li>
      </ul>
    </Part>
  );
}
