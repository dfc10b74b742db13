import type { ComponentChildren } from 'preact';
import { StateShape } from './mark.tsx';

/** What stands on the margin before a row: done, look, failed, happening, still to come, or only a point. */
export type RowMark = 'good' | 'warn' | 'bad' | 'now' | 'later' | 'dot' | number;

/**
 * Rows on a margin line: what waits, a timeline, the steps of a ladder, a chain, receipts. `onMargin` hangs them on
 * the page's own line, else they draw one.
 */
export function Ruled({
  onMargin,
  isTight,
  isOrdered,
  label,
  children,
}: {
  readonly onMargin?: boolean;
  readonly isTight?: boolean;
  /** Its order means something: steps, times. */
  readonly isOrdered?: boolean;
  readonly label?: string | undefined;
  readonly children: ComponentChildren;
}) {
  const List = isOrdered ? 'ol' : 'ul';
  return (
    <List
      class={`ruled ${onMargin ? 'ruled-on-margin' : ''} ${isTight ? 'ruled-tight' : ''}`}
      aria-label={label}
      role="list" // Safari forgets that a list without bullets is one
    >
      {children}
    </List>
  );
}

/** One row: its mark, what it is, a quieter line, and at the right what to do. */
export function Row({
  mark = 'dot',
  said,
  title,
  note,
  act,
  isCurrent,
  children,
}: {
  readonly mark?: RowMark;
  /** The mark in a word, for who does not see it; absent where the row says it. */
  readonly said?: string | undefined;
  readonly title?: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly act?: ComponentChildren;
  readonly isCurrent?: boolean;
  readonly children?: ComponentChildren;
}) {
  return (
    <li aria-current={isCurrent ? 'step' : undefined}>
      <RowMarkShape mark={mark} />
      <div class="flex flex-wrap items-center gap-x-5 gap-y-3">
        <div class="grow basis-40 min-w-0">
          {said && <span class="sr-only">{said}: </span>}
          {title !== undefined && <span class="font-semibold">{title}</span>}
          {note !== undefined && <span class="block text-quiet">{note}</span>}
        </div>
        {act && (
          <div class="flex flex-wrap gap-2 max-sm:not-has-[>.button-small]:w-full max-sm:[&>:not(.state,.button-small)]:grow">
            {act}
          </div>
        )}
      </div>
      {children}
    </li>
  );
}

/** The mark alone, for a row of another shape. */
export function RowMarkShape({ mark }: { readonly mark: RowMark }) {
  if (typeof mark === 'number') {
    return (
      <span class="mark mark-number" aria-hidden="true">
        {mark}
      </span>
    );
  }
  const hasShape = mark === 'good' || mark === 'warn' || mark === 'bad';
  return (
    <span class={`mark mark-${mark}`} aria-hidden="true">
      {hasShape && <StateShape state={mark} />}
    </span>
  );
}
