/** What a loop waits on: a time, or whatever rings earlier. */
export interface Alarm {
  /** Wakes the waiters; rung while there are none, the next wait is over at once. */
  readonly ring: () => void;
  /** Resolves after the time or at a ring; gives whether it was a ring. At once when it is stopped. */
  wait(ms: number): Promise<boolean>;
  /** Resolves after the time, whatever rings; at once when it is stopped. */
  pause(ms: number): Promise<void>;
  stop(): void;
}

export function createAlarm(): Alarm {
  let hasRung = false;
  let isStopped = false;
  let wake: (() => void) | undefined;
  let end: (() => void) | undefined;

  const sleep = (ms: number, begin: (done: () => void) => void) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        wake = undefined;
        end = undefined;
        resolve();
      }
      begin(done);
    });

  return {
    ring: () => {
      hasRung = true;
      wake?.();
    },
    wait: async (ms) => {
      if (!hasRung && !isStopped) {
        await sleep(ms, (done) => {
          wake = done;
          end = done;
        });
      }
      const rang = hasRung;
      hasRung = false;
      return rang;
    },
    pause: async (ms) => {
      if (isStopped) return;
      await sleep(ms, (done) => {
        end = done;
      });
    },
    stop: () => {
      isStopped = true;
      end?.();
    },
  };
}
