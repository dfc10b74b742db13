import { busy } from '../validation/worker.ts';

/** Largest file that is verified, in bytes. */
export const largestFileBytes = 32 * 1024 * 1024;

/** Files of strangers that are judged at once in a process, and how many may wait for it. */
const mostAtOnce = 2;
const mostWaiting = 40;

/** A bounded queue: work beyond it is answered with "later" instead of piling up. */
export function createQueue(): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= mostAtOnce) {
      if (waiting.length >= mostWaiting) {
        throw busy();
      }
      await new Promise<void>((resolve) => waiting.push(resolve)); // whoever finishes hands its place over
    } else {
      running += 1;
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
