/**
 * `npm run soak [-- MINUTES]` (E15): one server with its demo city under a steady light load; says every half minute what
 * it holds. Ends with 1 when the last third of the run holds a tenth more than the middle one: the first is what warms up.
 */
import assert from 'node:assert/strict';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { Load } from './load.ts';

const minutes = Number(process.argv[2] ?? 10);
assert.ok(minutes > 0, 'npm run soak -- MINUTES');
const everyMs = 100;
const sampleMs = 30_000;
const mostGrowth = 1.1;

const median = (values: readonly number[]) => [...values].sort((one, other) => one - other)[values.length >> 1] ?? 0;

await using load = await Load.start();
const statuses = new Map<string, number>();
const samples: number[] = [];
const until = performance.now() + minutes * 60_000;
let nextSample = performance.now() + sampleMs;
let turn = 0;
for (; performance.now() < until; turn += 1) {
  const began = performance.now();
  const status = await load.ask(turn).then(String, (error: Error) => error.name);
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  if (performance.now() >= nextSample) {
    nextSample += sampleMs;
    const { inUse, resident, atMost } = await load.held();
    samples.push(inUse);
    const seconds = (samples.length * sampleMs) / 1000;
    process.stdout.write(
      `${seconds} s  ${turn} requests  ${inUse} MiB in use  ${resident} resident, at most ${atMost}\n`,
    );
  }
  await pause(Math.max(0, everyMs - (performance.now() - began)));
}
const third = Math.floor(samples.length / 3);
const [middle, last] = [median(samples.slice(third, 2 * third)), median(samples.slice(2 * third))];
const told = JSON.stringify(Object.fromEntries(statuses));
process.stdout.write(`${turn} requests ${told}: ${middle} MiB in use in the middle, ${last} at the end\n`);
const failed = [...statuses.keys()].some((status) => !/^[234]/.test(status));
if (third > 0 && (last > middle * mostGrowth || failed)) process.exitCode = 1;
