import { spawn } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { startEmbedded } from '@edutrust/platform/embedded';
import pg from 'pg';

let own: Promise<string> | undefined;

/**
 * The URL of the PostgreSQL server of this process: the suite's (`EDUTRUST_TEST_POSTGRES`), else one of its own for all
 * its tests. It ends with the process, also when that is killed.
 */
export function testServer(): Promise<string> {
  const { EDUTRUST_TEST_POSTGRES: shared } = process.env;
  if (shared) return Promise.resolve(shared);
  own ??= startOwn();
  return own;
}

async function startOwn(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-test-'));
  const { url } = await startEmbedded(directory);
  await endWithUs(directory);
  // What a power failure would lose is no loss here.
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit'])
    await client.query(`ALTER SYSTEM SET ${setting} = off`);
  await client.query('SELECT pg_reload_conf()');
  await client.end();
  return url;
}

/** A process that reads from us until we are gone, however we went, and then stops the server and removes its files. */
async function endWithUs(directory: string): Promise<void> {
  const [pid = ''] = (await readFile(join(directory, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  const script = 'cat; kill -QUIT "$1"; while kill -0 "$1"; do sleep 0.05; done; rm -rf "$2"';
  const guard = spawn('sh', ['-c', script, 'sh', pid, directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  guard.unref();
  (guard.stdin as unknown as Socket).unref(); // a pipe is a socket; its type here says less
}
