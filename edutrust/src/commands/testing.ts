import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type TestDatabase, testDatabase } from '@edutrust/platform/testing';

const command = new URL('../../bin/edutrust.js', import.meta.url).pathname;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of `--json`. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails when it is not there
  readonly lines: any[];
  /** The error of `--json`, as it is told on standard error. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly error: any;
}

/** An installation as an operator has one: a database of its own, a secret file, and the command in processes of its own. */
export interface TestInstallation extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Runs `edutrust --json ARGUMENTS…`. */
  run(...args: string[]): Promise<Outcome>;
}

export async function testInstallation(more: Record<string, string> = {}): Promise<TestInstallation> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await testDatabase([]));
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-command-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'secret.key'), `${'5a'.repeat(32)}\n`);
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '/',
    LANG: 'en_US.UTF-8',
    DATABASE_URL: database.url,
    EDUTRUST_SECRET_FILE: join(directory, 'secret.key'),
    EDUTRUST_DATA: join(directory, 'var'),
    ...more,
  };
  const kept = stack.move();
  return {
    database,
    directory,
    environment,
    run: (...args) => runCommand(['--json', ...args], environment),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export async function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const child = spawn(process.execPath, [command, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  const parse = (text: string) => {
    const lines = text.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line));
  };
  return { code, stdout, stderr, lines: args.includes('--json') ? parse(stdout) : [], error: parse(stderr)[0]?.error };
}
