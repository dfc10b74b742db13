import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { freePort } from '@edutrust/testing/port';
import type { Row } from '../measure.ts';
import { cpuOfPostgres, cpuOfProcess } from '../processor.ts';

/** What a start leaves to do (first jobs, a checkpoint) is over by then. */
const settleMs = 25_000;
const watchMs = 30_000;

/** A process that serves everything on its embedded PostgreSQL while nobody asks for anything. */
export async function idle(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-bench-idle-'));
  const port = await freePort();
  const server = spawn(process.execPath, ['edutrust/bin/edutrust.js', 'serve'], {
    env: {
      ...process.env,
      EDUTRUST_PORT: String(port),
      EDUTRUST_URL: `http://localhost:${port}`,
      EDUTRUST_DATA: folder,
      EDUTRUST_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    await ready(port);
    await pause(settleMs);
    const [postmaster = ''] = (await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
    const read = () => ({ node: cpuOfProcess(server.pid ?? 0), postgres: cpuOfPostgres(Number(postmaster)) });
    const [before, from] = [read(), performance.now()];
    await pause(watchMs);
    const [after, to] = [read(), performance.now()];
    const perSecond = (spent: number) => (spent * 1000) / (to - from);
    const [node, postgres] = [perSecond(after.node - before.node), perSecond(after.postgres - before.postgres)];
    return [
      {
        what: 'an idle process that serves everything',
        value: `${(node + postgres).toFixed(1)} ms/s`,
        against: `${node.toFixed(1)} in Node, ${postgres.toFixed(1)} in PostgreSQL, each second`,
        goal: { figure: node + postgres, unit: 'ms', atMost: 3 },
      },
    ];
  } finally {
    server.kill('SIGTERM');
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    await rm(folder, { recursive: true, force: true });
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function ready(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const isReady = await fetch(`http://localhost:${port}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await pause(200);
  }
  throw new Error('the server did not start');
}
