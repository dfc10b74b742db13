import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import pg from 'pg';
import { command, type Outcome, runCommand } from './command.ts';
import { claimPort, freePort } from './port.ts';

/** What the first start says, with `--json`. */
export interface Welcome {
  readonly url: string;
  readonly administratorLink: string;
  readonly officerLink: string;
  readonly people: readonly {
    readonly role: string;
    readonly name: string;
    readonly educationId: string;
    readonly code: string;
  }[];
}

/** What the first start said, beside what it made. */
const welcomeFile = 'test-welcome.json';

/** With owners and modes: PostgreSQL runs as somebody else, and asks for both. */
async function copyFolder(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to]);
}

/** A running platform of its own: a data folder, a port, a process. */
export class Platform implements AsyncDisposable {
  readonly url: string;
  readonly directory: string;
  readonly environment: Record<string, string>;
  welcome: Welcome | undefined;
  #process: ChildProcess | undefined;

  private constructor(directory: string, port: number, environment: Record<string, string>) {
    this.directory = directory;
    this.url = `http://localhost:${port}`;
    this.environment = {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '/',
      EDUTRUST_URL: this.url,
      EDUTRUST_DATA: join(directory, 'var'),
      EDUTRUST_LOG_LEVEL: 'warn',
      ...environment,
    };
  }

  /** A fresh platform that listens; its first start has seeded the demo city. */
  static async start(environment: Record<string, string> = {}): Promise<Platform> {
    const directory = await mkdtemp(join(tmpdir(), 'edutrust-journey-'));
    const { EDUTRUST_TEST_CITIES: cities } = process.env;
    const isAsUsual = Object.keys(environment).length === 0;
    if (cities && isAsUsual) return Platform.#copied(cities, directory);
    const platform = new Platform(directory, await freePort(), environment);
    await platform.serve();
    return platform;
  }

  /**
   * As another test found it after the first start: its folder was copied when it had stopped. The address is in
   * certificates and links, so a copy has the port of its original, when no other test has that now.
   */
  static async #copied(cities: string, directory: string): Promise<Platform> {
    await mkdir(cities, { recursive: true });
    for (const name of await readdir(cities)) {
      const port = Number(name);
      if (!port || !(await claimPort(port))) continue;
      const platform = new Platform(directory, port, {});
      await copyFolder(join(cities, name), join(directory, 'var'));
      platform.welcome = JSON.parse(await readFile(join(directory, 'var', welcomeFile), 'utf8'));
      await platform.serve();
      return platform;
    }
    const port = await freePort();
    const platform = new Platform(directory, port, {});
    await platform.serve();
    await platform.end();
    await writeFile(join(directory, 'var', welcomeFile), JSON.stringify(platform.welcome));
    const draft = join(cities, `draft-${port}`); // a copy that is half made has no port for a name
    await copyFolder(join(directory, 'var'), draft);
    await rename(draft, join(cities, String(port)));
    await platform.serve();
    return platform;
  }

  /** Starts the process and waits until it says that it is ready. */
  async serve(): Promise<void> {
    const child = spawn(process.execPath, [command, '--json', 'serve'], {
      env: this.environment,
      cwd: this.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-20_000);
    });
    const welcome = await new Promise<Welcome>((resolve, reject) => {
      let buffer = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        buffer += text;
        const line = buffer.split('\n').find((part) => part.startsWith('{"url"'));
        if (line) resolve(JSON.parse(line));
      });
      child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${said}`)));
    });
    child.stderr.pipe(process.stderr);
    this.welcome = welcome.people ? welcome : (this.welcome ?? welcome);
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (!pid) throw new Error('the platform does not run');
    return pid;
  }

  /** Ends the process; resolves with its exit code. */
  async end(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL' = 'SIGINT'): Promise<number | null> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    child.kill(signal);
    const [code] = await once(child, 'exit');
    this.#process = undefined;
    return code;
  }

  /** Runs the command beside the server, as an operator would. */
  async run(...args: string[]): Promise<Outcome> {
    return runCommand(args, this.environment, this.directory);
  }

  /** Statements on its embedded database, past everything that guards it. */
  async query(statements: string): Promise<void> {
    const read = async (name: string) => (await readFile(join(this.directory, 'var/postgres', name), 'utf8')).trim();
    const port = (await read('postmaster.pid')).split('\n')[3];
    const password = await read('edutrust.password');
    const client = new pg.Client({ connectionString: `postgres://edutrust:${password}@127.0.0.1:${port}/edutrust` });
    await client.connect();
    await client.query(statements);
    await client.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    // A killed platform leaves its PostgreSQL; the next command that closes last stops it.
    if (existsSync(join(this.directory, 'var/postgres/postmaster.pid'))) await this.run('doctor');
    await rm(this.directory, { recursive: true, force: true });
  }
}
