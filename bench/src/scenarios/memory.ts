import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Row } from '../measure.ts';
import { clientId, type Held, type Measured } from '../provider/announce.ts';
import { signIn } from '../provider/client.ts';

const warmUp = 300;
const counted = 600;
const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;

/** What a sign-in with a password in an unknown browser leaves: in the process after a full collection, and in PostgreSQL. */
export async function memory(): Promise<Row[]> {
  const ours = await leftBy('ours.ts');
  const bare = await leftBy('bare.ts'); // keeps everything in memory, for its artifacts' lives
  return [
    {
      what: 'a sign-in leaves in the process',
      value: kB(ours.inUse),
      against: `bare ${kB(bare.inUse)}`,
      goal: { figure: ours.inUse / 1000, unit: 'kB', atMost: 1 },
    },
    { what: '… and in PostgreSQL', value: kB(ours.stored), against: 'session, tokens, the log, who was told' },
  ];
}

async function leftBy(file: string): Promise<Held> {
  const child = fork(new URL(`../provider/${file}`, import.meta.url), {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const [target] = (await once(child, 'message')) as [Measured];
    for (let done = 0; done < warmUp; done += 1) await signIn(target, clientId);
    const before = await heldBy(child);
    for (let done = 0; done < counted; done += 1) await signIn(target, clientId);
    const after = await heldBy(child);
    return { inUse: (after.inUse - before.inUse) / counted, stored: (after.stored - before.stored) / counted };
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

async function heldBy(child: ChildProcess): Promise<Held> {
  child.send('held');
  const [held] = (await once(child, 'message')) as [Held];
  return held;
}
