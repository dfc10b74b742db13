import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type Outcome, runCommand } from './command.ts';
import { type TestDatabase, testDatabase } from './database.ts';

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
