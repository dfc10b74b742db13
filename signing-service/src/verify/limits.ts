import type { ServiceContext } from '@edutrust/platform/context';
import { TooManyRequests, Unavailable } from '@edutrust/platform/errors';

/** Largest file that is verified, in bytes. */
export const largestFileBytes = 32 * 1024 * 1024;

/** Files of strangers that are judged at once in a process, and how many may wait for it. */
const mostAtOnce = 2;
const mostWaiting = 40;
/** Per address and minute. */
const mostPerMinute = 120;

/** A bounded queue: work beyond it is answered with "later" instead of piling up. */
export function createQueue(): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= mostAtOnce) {
      if (waiting.length >= mostWaiting) {
        throw new Unavailable(
          'verify/busy',
          { vi: 'Đang có quá nhiều tệp chờ kiểm tra.', en: 'Too many files wait to be verified.' },
          { retryAfterSeconds: 5, remedy: { vi: 'Thử lại sau vài giây.', en: 'Try again in a few seconds.' } },
        );
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

/** @throws TooManyRequests `verify/too-many` */
export async function countRequest({ store }: Pick<ServiceContext, 'store'>, address: string): Promise<void> {
  const count = await store.increment(`signing:verify:${address}`, 60);
  if (count <= mostPerMinute) return;
  throw new TooManyRequests(
    'verify/too-many',
    { vi: 'Bạn đã kiểm tra quá nhiều lần trong một phút.', en: 'Too many verifications within a minute.' },
    { retryAfterSeconds: 60, remedy: { vi: 'Thử lại sau một phút.', en: 'Try again in a minute.' } },
  );
}
