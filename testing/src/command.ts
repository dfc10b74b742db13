import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';

const root = new URL('../..', import.meta.url).pathname;
const { EDUTRUST_TEST_PROGRAM: bundled, EDUTRUST_TEST_CHECKOUT: checkout = root } = process.env;
/** The program that an operator runs: as `npm test` has bundled it, else its sources, of another checkout when a comparison names one. */
export const command = bundled ?? join(checkout, 'edutrust/bin/edutrust.js');

/** What a run of the command said, and how it ended. */
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

/** Runs `edutrust ARGUMENTS…` in a process of its own and waits for its end. */
export async function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd = root,
): Promise<Outcome> {
  const child = spawn(process.execPath, [command, ...args], {
    env: environment,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
