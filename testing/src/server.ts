import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, statfs } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { startEmbedded } from '@edutrust/platform/embedded';
import pg from 'pg';

/** What runs of the tests fill at most, with room to spare, in bytes. */
const enough = 3 * 1024 ** 3;

export interface OwnServer {
  readonly url: string;
  /** Where the server's files are; whoever started it may put others there. */
  readonly folder: string;
}

let own: Promise<OwnServer> | undefined;

/**
 * The URL of the PostgreSQL server of this process: the suite's (`EDUTRUST_TEST_POSTGRES`), else one of its own for all
 * its tests.
 */
export async function testServer(): Promise<string> {
  const { EDUTRUST_TEST_POSTGRES: shared } = process.env;
  if (shared) return shared;
  own ??= startServer();
  return (await own).url;
}

/** What PostgreSQL keeps of a city on the two cores and 24 GB that benches run on (docs/operations.md, PostgreSQL of a city). */
const ofCity = { shared_buffers: "'2GB'", work_mem: "'32MB'", random_page_cost: '1.1', jit: 'off' };

/**
 * Starts a PostgreSQL server in a folder that lies in memory where the machine has room; a durable one on the disk, with
 * PostgreSQL's own settings; one for millions of people with those that operators are told. Server and folder end with
 * this process, also when that is killed.
 */
export async function startServer({ isDurable = false, isOfCity = false } = {}): Promise<OwnServer> {
  const folder = await mkdtemp(join(isDurable ? tmpdir() : await roomyFolder(), 'edutrust-test-'));
  await chmod(folder, 0o755); // as the folder for temporary files is: tests run programs as other accounts
  const started = await startEmbedded(folder);
  if (isOfCity) {
    await set(started.url, ofCity);
    await started.stop(); // its memory is given once
  }
  const { url } = isOfCity ? await startEmbedded(folder) : started;
  await endWithUs(folder);
  if (!isDurable) {
    await set(url, untilTheEnd);
    await proveQuickly(url);
  }
  return { url, folder };
}

/** What a power failure would lose is no loss here; neither is a log that is soon written over. */
const untilTheEnd = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_wal_size: "'256MB'" };

async function set(url: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const [name, value] of Object.entries(settings)) await client.query(`ALTER SYSTEM SET ${name} = ${value}`);
  await client.query('SELECT pg_reload_conf()');
  await client.end();
}

/** A connection proves its password by 4,096 rounds of a hash on both sides, and tests open thousands. */
async function proveQuickly(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('SET scram_iterations = 1');
  await client.query(`ALTER ROLE CURRENT_USER PASSWORD ${pg.escapeLiteral(new URL(url).password)}`);
  await client.end();
}

/** Files in memory, where Linux has them: a database is copied there in a tenth of the time that a disk's journal takes. */
async function roomyFolder(): Promise<string> {
  const memory = '/dev/shm';
  const mounts = await readFile('/proc/mounts', 'utf8').catch(() => '');
  const options = mounts.split('\n').find((line) => line.split(' ')[1] === memory) ?? 'ro';
  if (/\b(?:ro|noexec)\b/.test(options)) return tmpdir(); // tests run programs of their own there
  const { bavail, bsize } = await statfs(memory);
  return bavail * bsize > enough ? memory : tmpdir();
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
