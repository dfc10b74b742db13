import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Segments } from './choices.tsx';
import { t } from './language.ts';
import { Empty } from './show.tsx';

export type Density = 'loose' | 'normal' | 'dense';

/**
 * A table that people live in: its heads, and a row for each thing, or what to do when there is none. The heads
 * stay in sight; a wide one on a narrow screen scrolls by itself; on a phone each row is a card. Arrow keys, Home and
 * End move between the rows' first links and ticks, so that a long list needs no Tab per cell.
 */
export function Table({
  label,
  heads,
  caption,
  empty,
  density = 'normal',
  children,
}: {
  readonly label: string;
  /** Of a column of numbers: `{ number }`, at the right. */
  readonly heads: readonly (string | { readonly number: string } | { readonly node: VNode; readonly name: string })[];
  readonly caption?: string;
  readonly empty?: ComponentChildren;
  readonly density?: Density;
  readonly children: readonly VNode[];
}) {
  if (children.length === 0 && empty) return <Empty>{empty}</Empty>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="table-frame relative" aria-label={label} tabIndex={0}>
      <table class={`table table-${density}`} onKeyDown={moveByKey}>
        {caption && <caption class="text-left p-3 font-semibold">{caption}</caption>}
        <thead>
          <tr>
            {heads.map((head) => {
              if (typeof head === 'string') {
                return (
                  <th key={head} scope="col">
                    {head}
                  </th>
                );
              }
              return 'node' in head ? (
                <th key={head.name} scope="col">
                  {head.node}
                </th>
              ) : (
                <th key={head.number} scope="col" class="text-right">
                  {head.number}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

const steps: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowDown: (at, last) => Math.min(last, at + 1),
  ArrowUp: (at) => Math.max(0, at - 1),
  Home: () => 0,
  End: (_at, last) => last,
};

/** From a row to another, to the same kind of control that had the focus: a link to a link, a tick to a tick. */
function moveByKey(event: KeyboardEvent & { readonly currentTarget: HTMLTableElement }): void {
  const step = steps[event.key];
  const focused = document.activeElement;
  const row = focused?.closest('tbody > tr');
  if (!step || !row || !(focused instanceof HTMLElement) || focused.matches('select, textarea')) return;
  const isText = focused instanceof HTMLInputElement && focused.type !== 'checkbox' && focused.type !== 'radio';
  if (isText) return;
  const kind = focused.matches('input') ? 'input' : focused.matches('button') ? 'button' : 'a[href]';
  const rows = [...event.currentTarget.querySelectorAll('tbody > tr')];
  const next = rows[step(rows.indexOf(row), rows.length - 1)];
  const target = next?.querySelector<HTMLElement>(kind);
  if (!target) return;
  event.preventDefault();
  target.focus();
}

const place = 'edutrust.density';

/** How close the rows stand, kept in this browser. */
export function useDensity(): readonly [Density, VNode] {
  const [density, setDensity] = useState<Density>(() => {
    const kept = localStorage.getItem(place);
    return kept === 'loose' || kept === 'dense' ? kept : 'normal';
  });
  const choose = (value: Density) => {
    localStorage.setItem(place, value);
    setDensity(value);
  };
  return [
    density,
    <Segments
      key="density"
      label={t('Khoảng cách dòng', 'Row spacing')}
      value={density}
      onChoose={choose}
      options={[
        { value: 'loose', label: t('Thưa', 'Loose') },
        { value: 'normal', label: t('Vừa', 'Normal') },
        { value: 'dense', label: t('Dày', 'Dense') },
      ]}
    />,
  ];
}

/** Which rows are ticked. */
export interface Selection {
  readonly ids: ReadonlySet<string>;
  toggle(id: string): void;
  clear(): void;
  /** The tick of a row, with the name of what it ticks. */
  tick(id: string, name: string): VNode;
  /** The tick in the head: all that are shown, or none. */
  tickAll(shown: readonly string[]): VNode;
}

export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) => {
    const next = new Set(ids);
    if (!next.delete(id)) next.add(id);
    setIds(next);
  };
  return {
    ids,
    toggle,
    clear: () => setIds(new Set()),
    tick: (id, name) => (
      <input
        type="checkbox"
        class="tick"
        checked={ids.has(id)}
        onChange={() => toggle(id)}
        aria-label={t(`Chọn ${name}`, `Select ${name}`)}
      />
    ),
    tickAll: (shown) => {
      const chosen = shown.filter((id) => ids.has(id)).length;
      return (
        <input
          type="checkbox"
          class="tick"
          checked={chosen > 0 && chosen === shown.length}
          indeterminate={chosen > 0 && chosen < shown.length}
          onChange={() => setIds(chosen === shown.length ? new Set() : new Set(shown))}
          aria-label={t('Chọn tất cả', 'Select all')}
        />
      );
    },
  };
}
