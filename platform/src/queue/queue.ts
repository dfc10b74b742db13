/** Runs work when its turn comes; rejects as the work does, or with the queue's own error when too much waits. */
export type Queue = <Value>(work: () => Promise<Value>) => Promise<Value>;

export interface QueueOptions {
  /** How many run at once. */
  readonly atOnce: number;
  /** How many may wait; work beyond that is refused at once instead of piling up. */
  readonly mostWaiting: number;
  /** What work is refused with: `Unavailable`, with when to come again. */
  readonly busy: () => Error;
}

/** A bounded queue of this process: first come, first served, never more than `atOnce` at work. */
export function createQueue({ atOnce, mostWaiting, busy }: QueueOptions): Queue {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running < atOnce) running += 1;
    else {
      if (waiting.length >= mostWaiting) throw busy();
      await new Promise<void>((resolve) => waiting.push(resolve)); // the one that finishes hands its place over
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
