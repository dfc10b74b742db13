import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port.ts';

export interface TestRedis {
  readonly url: URL;
  readonly port: number;
  readonly pid: number;
  /** Stops answering and keeps its connections, as a hung server does (SIGSTOP); `resume` lets it go on. */
  hang(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** A real Redis on a free port of this machine, its files in a folder of its own. */
export async function startRedis(port?: number): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-redis-'));
  const free = port ?? (await freePort());
  const server = spawn(
    'redis-server',
    ['--port', String(free), '--bind', '127.0.0.1', '--save', '', '--dir', directory],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for await (const text of server.stdout.setEncoding('utf8'))
    if (String(text).includes('Ready to accept connections')) break;
  server.stdout.resume();
  return {
    url: new URL(`redis://127.0.0.1:${free}`),
    port: free,
    pid: server.pid ?? 0, // it has said that it runs
    hang: () => {
      server.kill('SIGSTOP');
    },
    resume: () => {
      server.kill('SIGCONT');
    },
    stop: async () => {
      server.kill('SIGKILL');
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
      await rm(directory, { recursive: true, force: true });
    },
  };
}
