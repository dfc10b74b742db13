import type { Clock } from '@edutrust/platform/clock';

/** A clock that begins now and is moved by the test: what takes days, or a cache's few seconds, is not waited for. */
export class TestClock implements Clock {
  #aheadMs = 0;

  now(): Date {
    return new Date(Date.now() + this.#aheadMs);
  }

  moveSeconds(seconds: number): void {
    this.#aheadMs += seconds * 1_000;
  }

  moveDays(days: number): void {
    this.moveSeconds(days * 86_400);
  }
}
