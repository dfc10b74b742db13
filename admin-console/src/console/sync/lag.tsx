import { api, must } from '../../design/api.ts';
import { Curve } from '../../design/curve.tsx';
import { formatClock, formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import type { Target } from './words.ts';

const minutes = (seconds: number) =>
  t(`${formatNumber(Math.round(seconds / 60))} phút`, `${formatNumber(Math.round(seconds / 60))} min`);

/** How far the target was behind during the last day, against what is promised, and who waits now. */
export function Lag({ target: { id, pending } }: { readonly target: Target }) {
  const [lag] = useLoad(`lag of ${id} ${pending}`, () =>
    must(api.GET('/api/v1/sync/targets/{id}/lag', { params: { path: { id } } })),
  );
  return (
    <section class="grid gap-4 min-w-0" aria-labelledby="lag">
      <h2 id="lag">{t('Chậm bao lâu', 'How far behind')}</h2>
      <Show loaded={lag}>
        {({ points, promisedSeconds }) => {
          const now = points.at(-1);
          const isLate = (now?.seconds ?? 0) > promisedSeconds;
          const sentence = said(now?.seconds, promisedSeconds, pending);
          return (
            <>
              <p class={isLate ? 'text-bad font-semibold' : 'text-quiet'}>{sentence}</p>
              {points.length > 1 && (
                <Curve
                  label={sentence}
                  points={points.map(({ at, seconds }) => ({ at: Date.parse(at), value: seconds }))}
                  limit={{
                    value: promisedSeconds,
                    label: t(`hẹn ${minutes(promisedSeconds)}`, `promised ${minutes(promisedSeconds)}`),
                  }}
                  axis={[0, 0.25, 0.5, 0.75, 1].map((part) =>
                    formatClock(points[Math.round(part * (points.length - 1))]?.at ?? ''),
                  )}
                  tone={isLate ? 'bad' : 'main'}
                />
              )}
            </>
          );
        }}
      </Show>
    </section>
  );
}

function said(seconds: number | undefined, promised: number, pending: number): string {
  const queue =
    pending === 0
      ? t('Không ai đang đợi sang.', 'Nobody waits.')
      : t(`${formatNumber(pending)} người đang đợi sang.`, `${formatNumber(pending)} people wait to be brought.`);
  if (seconds === undefined)
    return `${queue} ${t('Cứ năm phút đo một lần; chưa có lần đo nào.', 'Measured every five minutes; not yet.')}`;
  if (pending === 0 || seconds < 60) return queue;
  return `${queue} ${t(
    `Người đợi lâu nhất đã đợi ${minutes(seconds)}; hẹn là trong ${minutes(promised)}.`,
    `The longest has waited ${minutes(seconds)}; promised is within ${minutes(promised)}.`,
  )}`;
}
