import { api, must } from '../../design/api.ts';
import { type Column, Columns } from '../../design/chart.tsx';
import { formatDate, formatNumber, isoDay, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { beginOf, type Span } from './span.tsx';

type Filter = Span['times'] & { readonly type?: string; readonly subject?: string };

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Without a first day so many days are drawn; a longer span loses its oldest. */
const mostDays = 60;
const usualDays = 30;

/** How much happened when, of exactly what the list shows; a tap on a bar, or a pull over some, narrows to them. */
export function Histogram({ filter, span }: { readonly filter: Filter; readonly span: Span }) {
  const { from, until, set } = span;
  const isOneDay = from !== '' && from === until;
  const by = isOneDay ? 'hour' : 'day';
  const { starts, ...times } = isOneDay ? hoursFrom(from) : daysFrom(from, until);
  // The hours of a day are all drawn, also when the list shows one of them.
  const query = { ...filter, ...times, by } as const;
  const [counts] = useLoad(JSON.stringify(query), () => must(api.GET('/api/v1/audit/counts', { params: { query } })));
  if (counts.state !== 'ready') return <div class="min-h-44" />;
  const { items, isWhole } = counts.data;
  const countOf = new Map(items.map((item) => [Date.parse(item.from), item.count]));
  const columns = starts.map((at, index) => ({
    ...columnOf(at, countOf.get(at) ?? 0, by, index, starts.length),
    isAside: span.hours !== '' && !isWithin(at, span.times),
  }));
  return (
    <section class="grid gap-2" aria-label={t('Nhiều ít theo thời gian', 'How much, over time')}>
      <p class="text-quiet">
        {sentence(columns.filter(({ isAside }) => !isAside))}
        {!isWhole &&
          ` ${t('Chỉ đếm những việc mới nhất; hãy chọn khoảng ngắn hơn.', 'Only the newest are counted; choose a shorter time.')}`}
      </p>
      <Columns
        label={sentence(columns)}
        columns={columns}
        heads={[by === 'hour' ? t('Giờ', 'Hour') : t('Ngày', 'Day'), t('Số việc', 'Entries')]}
        onBrush={(first, last) => {
          const [begin, end] = [Number(first.key), Number(last.key)];
          if (by === 'day') return set({ from: isoDay(begin), until: isoDay(end) });
          const hour = (at: number) => Math.round((at - beginOf(from)) / hourMs);
          set({ from, until, hours: begin === end ? String(hour(begin)) : `${hour(begin)}-${hour(end)}` });
        }}
      />
    </section>
  );
}

const isWithin = (at: number, { from, until }: Span['times']): boolean =>
  (!from || at >= Date.parse(from)) && (!until || at < Date.parse(until));

function hoursFrom(day: string) {
  const begin = beginOf(day);
  const starts = Array.from({ length: 24 }, (_, hour) => begin + hour * hourMs);
  return { starts, from: new Date(begin).toISOString(), until: new Date(begin + dayMs).toISOString() };
}

function daysFrom(from: string, until: string) {
  const last = beginOf(until || isoDay(Date.now()));
  const first = Math.max(from ? beginOf(from) : last - (usualDays - 1) * dayMs, last - (mostDays - 1) * dayMs);
  const days = Math.max(1, Math.round((last - first) / dayMs) + 1);
  const starts = Array.from({ length: days }, (_, day) => first + day * dayMs);
  return { starts, from: new Date(first).toISOString(), until: new Date(last + dayMs).toISOString() };
}

function columnOf(at: number, count: number, by: 'hour' | 'day', index: number, length: number): Column {
  const day = formatDate(new Date(at).toISOString());
  const hour = Math.round(((at + 7 * hourMs) % dayMs) / hourMs);
  const everyOther = Math.ceil(length / 6);
  const axis = by === 'hour' ? t(`${hour} giờ`, `${hour}:00`) : day.slice(0, 5);
  return {
    key: String(at),
    name: by === 'hour' ? t(`${hour} giờ`, `${hour}:00`) : day,
    axis: index % everyOther === 0 ? axis : '',
    count,
  };
}

function sentence(columns: readonly Column[]): string {
  const total = columns.reduce((sum, { count }) => sum + count, 0);
  const most = columns.reduce((one, other) => (other.count > one.count ? other : one));
  if (total === 0) return t('Trong khoảng này không có việc nào.', 'Nothing happened in this time.');
  return t(
    `${formatNumber(total)} việc, nhiều nhất ${most.name}: ${formatNumber(most.count)}.`,
    `${formatNumber(total)} entries, most of them ${most.name}: ${formatNumber(most.count)}.`,
  );
}
