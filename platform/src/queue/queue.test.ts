import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { createQueue } from './queue.ts';

class Busy extends Error {}

/** Work that ends when it is told to. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { work: () => promise, end: resolve, fail: () => reject(new Error('failed')) };
}

test('a queue never runs more than it may at once, refuses what is beyond its length, and loses no place to a failure', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 5 }),
      fc.array(fc.constantFrom('add', 'end', 'fail'), { maxLength: 60 }),
      async (atOnce, mostWaiting, steps) => {
        const queue = createQueue({ atOnce, mostWaiting, busy: () => new Busy() });
        const running: ReturnType<typeof held>[] = [];
        let outstanding = 0;
        let refused = 0;
        for (const step of steps) {
          if (step === 'add') {
            const job = held();
            const isBeyond = outstanding >= atOnce + mostWaiting;
            if (!isBeyond) outstanding += 1;
            queue(async () => {
              running.push(job);
              await job.work();
            }).catch((error: unknown) => {
              if (error instanceof Busy) refused += 1;
            });
            await new Promise(setImmediate);
            assert.equal(refused > 0, isBeyond, 'refused exactly when it is full');
            refused = 0;
          } else {
            const job = running.shift();
            if (job) outstanding -= 1;
            if (step === 'end') job?.end();
            else job?.fail();
            await new Promise(setImmediate);
          }
          assert.equal(running.length, Math.min(atOnce, outstanding), 'as many at work as may be');
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('what comes between a finish and the next turn does not overtake', async () => {
  const queue = createQueue({ atOnce: 1, mostWaiting: 5, busy: () => new Busy() });
  const order: string[] = [];
  let most = 0;
  let running = 0;
  const job = (name: string) =>
    queue(async () => {
      running += 1;
      most = Math.max(most, running);
      order.push(name);
      await undefined;
      running -= 1;
    });
  const first = job('first').then(() => job('late'));
  await Promise.all([first, job('second'), job('third')]);
  assert.deepEqual(order, ['first', 'second', 'third', 'late']);
  assert.equal(most, 1);
});
