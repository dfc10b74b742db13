import { useLocation } from 'preact-iso';
import { Chips } from '../../design/choices.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { formatNumber, isoDay, t } from '../../design/language.ts';

/** Which time is looked at: days as they are typed, and of a single day an hour or a few. It lives in the address. */
export interface Span {
  readonly from: string;
  readonly until: string;
  /** Of a single day: `8` or `8-10`, both counted; empty for all of it. */
  readonly hours: string;
  /** The same as the API takes it. */
  readonly times: { readonly from?: string; readonly until?: string };
  set(next: { readonly from: string; readonly until: string; readonly hours?: string }): void;
}

const dayMs = 86_400_000;
/** When a day begins there (UTC+7, no summer time). */
export const beginOf = (day: string): number => Date.parse(`${day}T00:00:00+07:00`);

const isDay = (text: string | undefined): text is string => /^\d{4}-\d\d-\d\d$/.test(text ?? '');
const hoursOf = (text: string) => /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(text);

export function useSpan(): Span {
  const { query, path, route } = useLocation();
  const from = isDay(query.from) ? query.from : '';
  const until = isDay(query.until) ? query.until : '';
  const isOneDay = from !== '' && from === until;
  const hours = isOneDay && hoursOf(query.hours ?? '') ? (query.hours ?? '') : '';
  return {
    from,
    until,
    hours,
    times: timesOf(from, until, hours),
    set: (next) => {
      const address = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries({ hours: '', ...next })) {
        if (value) address.set(name, value);
        else address.delete(name);
      }
      route(address.size > 0 ? `${path}?${address}` : path, true);
    },
  };
}

function timesOf(from: string, until: string, hours: string): Span['times'] {
  const [, first, last = first] = hoursOf(hours) ?? [];
  if (first !== undefined) {
    const at = (hour: number) => new Date(beginOf(from) + hour * 3_600_000).toISOString();
    return { from: at(Number(first)), until: at(Number(last) + 1) };
  }
  return {
    ...(from ? { from: new Date(beginOf(from)).toISOString() } : {}),
    ...(until ? { until: new Date(beginOf(until) + dayMs).toISOString() } : {}),
  };
}

/** Days to type, spans that people ask for most, and the hours of a single day. */
export function SpanFields({ span }: { readonly span: Span }) {
  const { from, until, hours, set } = span;
  const isOneDay = from !== '' && from === until;
  return (
    <div class="grid gap-3">
      <Chips
        label={t('Khoảng thời gian', 'Span')}
        value={lately().find(([, since, to]) => from === since && until === to)?.[0] ?? ''}
        format={formatNumber}
        options={lately().map(([name]) => ({ value: name, label: name }))}
        onChoose={(name) => {
          const [, since = '', to = ''] = lately().find(([one]) => one === name) ?? [];
          set({ from: since, until: to });
        }}
      />
      <div class="grid gap-3 grid-cols-[repeat(auto-fit,minmax(min(10rem,100%),1fr))] sm:flex sm:flex-wrap">
        <Field
          label={t('Từ ngày', 'From')}
          name="from"
          type="date"
          value={from}
          onInput={({ currentTarget }) => set({ from: currentTarget.value, until })}
        />
        <Field
          label={t('Đến ngày', 'Until')}
          name="until"
          type="date"
          value={until}
          onInput={({ currentTarget }) => set({ from, until: currentTarget.value })}
        />
        {isOneDay && (
          <Choice
            label={t('Giờ', 'Hours')}
            name="hours"
            value={hours}
            options={[
              { value: '', label: t('cả ngày', 'the whole day') },
              ...(hours.includes('-') ? [{ value: hours, label: hourName(hours) }] : []),
              ...Array.from({ length: 24 }, (_, hour) => ({ value: String(hour), label: hourName(String(hour)) })),
            ]}
            onChoose={(value) => set({ from, until, hours: value })}
          />
        )}
      </div>
    </div>
  );
}

/** «8 giờ đến 11 giờ»: until the last hour is over. */
function hourName(hours: string): string {
  const [, first = '', last = first] = hoursOf(hours) ?? [];
  const end = Number(last) + 1;
  return t(`${first} giờ đến ${end} giờ`, `${first}:00 to ${end}:00`);
}

/** Spans that people ask for most: name, first day, last day. */
const lately = (): readonly (readonly [string, string, string])[] => {
  const now = Date.now();
  const today = isoDay(now);
  return [
    [t('Hôm nay', 'Today'), today, today],
    [t('7 ngày', '7 days'), isoDay(now - 6 * dayMs), ''],
    [t('30 ngày', '30 days'), isoDay(now - 29 * dayMs), ''],
  ];
};
