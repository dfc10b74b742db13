import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** What is decided here, always in sight at the foot of the page: a sentence, then at most one primary button. */
export function ActionBar({
  said,
  children,
}: {
  readonly said: ComponentChildren;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="action-bar no-print">
      <p class="text-sm grow basis-64">{said}</p>
      <div class="flex flex-wrap gap-2">{children}</div>
    </div>
  );
}

/** In a bar's sentence: why what was pressed was refused, where whoever pressed looks. */
export function Refusal({ children }: { readonly children: ComponentChildren }) {
  return (
    <span class="text-bad font-semibold" role="alert">
      {children}
    </span>
  );
}

/** Long work: how far it is, with the sentence that says rate and what is left. */
export function Progress({ part, children }: { readonly part: number; readonly children: ComponentChildren }) {
  const sentence = useId();
  const percent = Math.round(Math.min(1, Math.max(0, part)) * 100);
  return (
    <div class="grid gap-2">
      <div
        class="progress"
        role="progressbar"
        aria-labelledby={sentence}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span style={{ width: `${percent}%` }} />
      </div>
      <p id={sentence} class="text-sm text-quiet" role="status">
        {children}
      </p>
    </div>
  );
}
