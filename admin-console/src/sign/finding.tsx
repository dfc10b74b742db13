import { t } from '../design/language.ts';
import type { Finding } from './unusual.ts';

/** One value that stands out: the one before, the one now, and the class's own norm. */
export function FindingLine({ finding: { label, before, value, detail } }: { readonly finding: Finding }) {
  return (
    <p>
      {label}{' '}
      {before !== null && (
        <>
          <span class="was">
            <span class="sr-only">{t('trước', 'before')} </span>
            {shown(before)}
          </span>{' '}
          <span aria-hidden="true">→</span>{' '}
        </>
      )}
      <b class="px-1.5 rounded bg-warn-soft text-warn number">{value === null ? t('trống', 'empty') : shown(value)}</b>
      <span class="block text-sm text-quiet">{detail}</span>
    </p>
  );
}

/** `8.5` → `8,5`, as marks are written here. */
const shown = (value: number | string) => String(value).replace('.', ',');
