import { useRef } from 'preact/hooks';
import { formatNumber, t } from './language.ts';

/** How much was done at a moment, in milliseconds. */
interface Seen {
  readonly at: number;
  readonly done: number;
}

/** Less is chance. */
const leastMs = 3_000;

/** How fast long work goes and how long it still takes, between two looks at it; nothing as long as that cannot be said. */
export function paceOf(first: Seen, last: Seen, total: number): { perSecond: number; secondsLeft: number } | undefined {
  const elapsed = last.at - first.at;
  const moved = last.done - first.done;
  if (elapsed < leastMs || moved <= 0 || last.done >= total) return undefined;
  const perSecond = moved / (elapsed / 1_000);
  return { perSecond, secondsLeft: (total - last.done) / perSecond };
}

/** `Chừng 40 mỗi giây, còn khoảng 2 phút.`, from what this page has seen of it; empty until it can be said. */
export function usePace(done: number, total: number): string {
  const first = useRef<Seen>(undefined);
  const now = { at: Date.now(), done };
  first.current ??= now;
  const pace = paceOf(first.current, now, total);
  if (!pace) return '';
  const rate = formatNumber(pace.perSecond < 10 ? Math.round(pace.perSecond * 10) / 10 : Math.round(pace.perSecond));
  const minutes = Math.ceil(pace.secondsLeft / 60);
  return pace.secondsLeft < 60
    ? t(`Chừng ${rate} mỗi giây, còn dưới một phút.`, `About ${rate} a second, less than a minute left.`)
    : t(
        `Chừng ${rate} mỗi giây, còn khoảng ${formatNumber(minutes)} phút.`,
        `About ${rate} a second, some ${formatNumber(minutes)} minutes left.`,
      );
}
