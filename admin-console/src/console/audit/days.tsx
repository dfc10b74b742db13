import type { VNode } from 'preact';
import { formatDay, t } from '../../design/language.ts';
import { Ruled } from '../../design/ruled.tsx';
import { sentence } from '../call.ts';

/** What happened, under the day on which it did. */
export function Days<Item extends { readonly at: string }>({
  items,
  children,
}: {
  readonly items: readonly Item[];
  readonly children: (item: Item) => VNode;
}) {
  return (
    <>
      {[...Map.groupBy(items, ({ at }) => formatDay(at))].map(([day, ofDay]) => (
        <section key={day} class="grid gap-3" aria-label={sentence(day)}>
          <h2 class="number">{sentence(day)}</h2>
          <Ruled onMargin isTight isOrdered label={t(`Ngày ${day}`, day)}>
            {ofDay.map(children)}
          </Ruled>
        </section>
      ))}
    </>
  );
}
