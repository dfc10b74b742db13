import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Load } from '../load.ts';

const warmUp = 300;
const measured = 600;
/** What a request may leave at most: caches fill up, a page that is kept is more. `npm run soak` looks for longer. */
const mostKibibytes = 5;

test('E15: what signed-in people ask for again and again leaves nothing in memory', async () => {
  await using load = await Load.start();
  let turn = 0;
  const ask = async (times: number) => {
    for (const until = turn + times; turn < until; turn += 1) {
      const status = await load.ask(turn);
      assert.ok(status >= 200 && status < 400, `request ${turn}: ${status}`);
    }
    return (await load.held()).inUse;
  };
  const before = await ask(warmUp);
  const after = await ask(measured);
  const each = ((after - before) * 1024) / measured;
  assert.ok(each <= mostKibibytes, `${before} MiB, then ${after}: ${each.toFixed(1)} KiB a request`);
});
