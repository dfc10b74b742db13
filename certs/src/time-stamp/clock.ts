import type { Clock } from '@edutrust/platform/clock';
import { Unavailable } from '@edutrust/platform/errors';

/** A jump of the wall clock against the steady clock beyond this makes time stamps stop (X1). */
const largestJumpMs = 1_000;

/** Where both clocks stood when this process first asked each. */
const origins = new WeakMap<Clock, { readonly wall: number; readonly steady: number }>();

/**
 * The time, if the wall clock has run as the steady one has since the first question. A clock that was set while we run
 * is not believed again until it is set back, or a restart, when an operator has looked.
 *
 * @throws Unavailable `time-stamp/clock`
 */
export function trustworthyNow(clock: Clock, steady: () => number = () => performance.now()): Date {
  const now = clock.now();
  const origin = origins.get(clock) ?? { wall: now.getTime(), steady: steady() };
  origins.set(clock, origin);
  const drift = now.getTime() - origin.wall - (steady() - origin.steady);
  // Slow discipline (NTP slews at most 500 ppm) is allowed for; a step is not.
  const allowed = largestJumpMs + (steady() - origin.steady) * 0.0005;
  if (Math.abs(drift) > allowed) {
    throw clockNotTrusted();
  }
  return now;
}

export function clockNotTrusted(): Unavailable {
  return new Unavailable('time-stamp/clock', {
    vi: 'Đồng hồ máy chủ vừa bị chỉnh hoặc lệch với cơ sở dữ liệu nên tạm ngừng cấp dấu thời gian.',
    en: 'The clock was set while we run or differs from the database’s, so no time stamps are given.',
  });
}
