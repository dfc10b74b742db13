import { useRef, useState } from 'preact/hooks';
import { formatNumber } from './language.ts';

/** What a share is, in the words of its legend and the class that fills it. */
export interface Share {
  readonly fill: 'added' | 'changed' | 'left' | 'same' | 'refused' | 'main' | 'warn' | 'before';
  readonly label: string;
  readonly count: number;
}

/** A bar of shares: how much of one thing is what. Its sentence stands beside it, so that it says nothing itself. */
export function Shares({ shares, of }: { readonly shares: readonly Share[]; readonly of: number }) {
  const total = shares.reduce((sum, { count }) => sum + count, 0);
  return (
    <span class="shares" aria-hidden="true" style={{ width: `${of > 0 ? Math.max(1, (total / of) * 100) : 0}%` }}>
      {shares
        .filter(({ count }) => count > 0)
        .map(({ fill, count }) => (
          <span key={fill} class={`fill-${fill}`} style={{ flexGrow: count, flexBasis: 0 }} />
        ))}
    </span>
  );
}

export function Legend({ shares }: { readonly shares: readonly Pick<Share, 'fill' | 'label'>[] }) {
  return (
    <ul class="flex flex-wrap gap-x-6 gap-y-1 text-sm">
      {shares.map(({ fill, label }) => (
        <li key={fill} class="inline-flex items-center gap-2">
          <span class={`swatch fill-${fill}`} aria-hidden="true" />
          {label}
        </li>
      ))}
    </ul>
  );
}

/** A part of a whole, beside its number. */
export function Meter({ part, label }: { readonly part: number; readonly label: string }) {
  return (
    <span class="meter" role="img" aria-label={label}>
      <span style={{ width: `${Math.round(Math.min(1, Math.max(0, part)) * 100)}%` }} />
    </span>
  );
}

export interface Column {
  readonly key: string;
  /** Below the column; empty where the axis would be too full. */
  readonly axis: string;
  /** The whole column in words, for who reads the table instead. */
  readonly name: string;
  readonly count: number;
  /** The part of it that went wrong. */
  readonly wrong?: number;
  /** What it was before, or is expected to be: a dashed outline. */
  readonly before?: number;
  readonly isNow?: boolean;
  /** Others are what is looked at. */
  readonly isAside?: boolean;
}

/** The picture is stretched to its place: a column is one wide, the tallest is a hundred high. */
const tallest = 100;

/** Where the pointer is drawn over columns: the first and the last of them, in their order. */
function useBrush(columns: readonly Column[], onBrush: ((first: Column, last: Column) => void) | undefined) {
  const [drawn, setDrawn] = useState<readonly [number, number]>();
  const begun = useRef<number>(undefined);
  if (!onBrush) return { drawn: undefined, events: {} };
  const columnAt = ({ clientX, currentTarget }: PointerEvent & { readonly currentTarget: SVGSVGElement }) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    return Math.min(columns.length - 1, Math.max(0, Math.floor(((clientX - left) / width) * columns.length)));
  };
  const between = (to: number) => {
    const from = begun.current ?? to;
    return [Math.min(from, to), Math.max(from, to)] as const;
  };
  const end = () => {
    begun.current = undefined;
    setDrawn(undefined);
  };
  return {
    drawn,
    events: {
      'data-brush': 'true',
      onPointerDown: (event: PointerEvent & { readonly currentTarget: SVGSVGElement }) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        begun.current = columnAt(event);
        setDrawn(between(begun.current));
      },
      onPointerMove: (event: PointerEvent & { readonly currentTarget: SVGSVGElement }) => {
        if (begun.current !== undefined) setDrawn(between(columnAt(event)));
      },
      onPointerUp: (event: PointerEvent & { readonly currentTarget: SVGSVGElement }) => {
        const [first, last] = between(columnAt(event)).map((at) => columns[at]);
        if (begun.current !== undefined && first && last) onBrush(first, last);
        end();
      },
      onPointerCancel: end,
    },
  };
}

/** Columns over time. Who does not see them has the same figures as a table, behind the summary. */
export function Columns({
  label,
  columns,
  heads,
  onBrush,
}: {
  /** The one sentence that the picture says. */
  readonly label: string;
  readonly columns: readonly Column[];
  /** Heads of the table: of the columns, their counts, and what went wrong. */
  readonly heads: readonly [string, string, string?];
  /** A column was tapped, or the pointer was drawn over some: from which to which. Fields beside it do the same by keys. */
  readonly onBrush?: (first: Column, last: Column) => void;
}) {
  const brush = useBrush(columns, onBrush);
  const most = Math.max(1, ...columns.map(({ count, before = 0 }) => Math.max(count, before)));
  const tall = (count: number) => (count === 0 ? 0 : Math.max(1.5, (count / most) * tallest));
  const bar = (at: number, from: number, size: number, fill: string) => (
    <rect class={fill} x={at + 0.12} y={from - size} width={0.76} height={size} vector-effect="non-scaling-stroke" />
  );
  return (
    <figure class="grid gap-1">
      <div class="text-xs text-quiet number" aria-hidden="true">
        {formatNumber(most)}
      </div>
      <svg
        class="columns"
        viewBox={`0 0 ${columns.length} ${tallest}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
        {...brush.events}
      >
        {brush.drawn && (
          <rect class="brush" x={brush.drawn[0]} y="0" width={brush.drawn[1] - brush.drawn[0] + 1} height={tallest} />
        )}
        {columns.map(({ key, count, wrong = 0, before, isNow, isAside }, at) => (
          <g key={key}>
            {onBrush && (
              <rect class="column-place" x={at} y="0" width="1" height={tallest}>
                <title>{`${columns[at]?.name}: ${formatNumber(count)}`}</title>
              </rect>
            )}
            {before !== undefined && bar(at, tallest, tall(before), 'fill-before')}
            {bar(at, tallest, tall(count), isAside ? 'fill-same' : 'fill-main')}
            {wrong > 0 && bar(at, tallest - tall(count) + tall(wrong), tall(wrong), 'fill-warn')}
            {isNow && (
              <line class="now" x1={at + 1} x2={at + 1} y1="0" y2={tallest} vector-effect="non-scaling-stroke" />
            )}
          </g>
        ))}
      </svg>
      <div class="columns-axis" aria-hidden="true">
        {columns.map(({ key, axis }) => (
          <span key={key}>{axis}</span>
        ))}
      </div>
      <div class="sr-only">
        <table>
          <caption>{label}</caption>
          <thead>
            <tr>{heads.map((head) => head && <th key={head}>{head}</th>)}</tr>
          </thead>
          <tbody>
            {columns.map(({ key, name, count, wrong }) => (
              <tr key={key}>
                <th scope="row">{name}</th>
                <td>{formatNumber(count)}</td>
                {heads[2] && <td>{formatNumber(wrong ?? 0)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

/** A number that is read from across the room, and what it counts. */
export function Figure({
  value,
  label,
  href,
}: {
  readonly value: string;
  readonly label: string;
  readonly href?: string | undefined;
}) {
  const inside = (
    <>
      <span class="figure block">{value}</span>
      <span class="text-quiet">{label}</span>
    </>
  );
  return href ? (
    <a href={href} class="block no-underline text-ink hover:underline">
      {inside}
    </a>
  ) : (
    <div>{inside}</div>
  );
}
