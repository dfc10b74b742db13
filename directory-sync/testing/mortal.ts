/**
 * A process that keeps a target in step until it kills itself (SIGKILL) at a step: its n-th statement to the database or
 * request to the directory, before that leaves it or just after. Told by its parent: one {@link Order}, answered with
 * {@link Lived} when it lives to its end.
 */
import process from 'node:process';
import { systemClock } from '@edutrust/platform/clock';
import type { ServiceContext } from '@edutrust/platform/context';
import { createPool, kyselyOn } from '@edutrust/platform/database';
import { createJobs } from '@edutrust/platform/jobs';
import { createSecretBox } from '@edutrust/platform/secrets';
import { Client } from 'ldapts';
import { runTarget } from '../src/engine/converge.ts';
import { bringPending, noteChanges } from '../src/engine/live.ts';

export interface Order {
  readonly databaseUrl: string;
  readonly targetId: string;
  readonly way: 'run' | 'delivery';
  /** Who changed. */
  readonly personIds: readonly string[];
  /** 0: never. */
  readonly diesAt: number;
  readonly when: 'before' | 'after';
}

export interface Lived {
  readonly steps: number;
}

let steps = 0;

/** Has every call of a method be a step. */
function count(owner: object, name: string, { diesAt, when }: Order): void {
  const methods = owner as Record<string, (...given: unknown[]) => unknown>;
  const before = methods[name];
  if (!before) throw new TypeError(`there is no ${name}`);
  methods[name] = function (this: unknown, ...given: unknown[]) {
    steps += 1;
    const isLast = steps === diesAt;
    if (isLast && when === 'before') process.kill(process.pid, 'SIGKILL');
    const answer = before.apply(this, given);
    if (isLast) process.kill(process.pid, 'SIGKILL'); // it is written to the socket already
    return answer;
  };
}

async function obey(order: Order): Promise<Lived> {
  const pool = createPool(order.databaseUrl, 4);
  const context = {
    db: kyselyOn(pool),
    clock: systemClock,
    jobs: createJobs(),
    secrets: createSecretBox(Buffer.alloc(32, 0x5a)),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  } as unknown as ServiceContext; // as much of one as the engine uses
  const client = await pool.connect();
  client.release();
  count(Object.getPrototypeOf(Object.getPrototypeOf(client)), 'query', order); // pg's own, below ours
  for (const name of ['add', 'modify', 'search']) count(Client.prototype, name, order);
  if (order.way === 'run') {
    await runTarget(context, order.targetId, { mode: 'apply', actor: { kind: 'system', name: 'test' } });
  } else {
    await noteChanges(context, order.personIds);
    await bringPending(context, order.targetId);
  }
  await pool.end();
  return { steps };
}

process.once('message', (order: Order) => {
  void obey(order).then((lived) => process.send?.(lived, () => process.disconnect()));
});
