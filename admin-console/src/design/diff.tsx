import { t } from './language.ts';

/** A value that becomes another: struck out, then marked. One that was empty before is only marked. */
export function Diff({ before, after }: { readonly before: string | null; readonly after: string | null }) {
  return (
    <span class="diff">
      {before && (
        <del class="was">
          <span class="sr-only">{t('trước', 'before')} </span>
          {before}
        </del>
      )}
      <ins class="becomes no-underline">
        <span class="sr-only">{t('thành', 'becomes')} </span>
        {after ?? t('bỏ trống', 'empty')}
      </ins>
    </span>
  );
}
