import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { Actor } from '@edutrust/platform/actor';
import type { Config } from '@edutrust/platform/config';
import type { Command } from 'commander';
import { pino } from 'pino';
import type { Output } from '../output.ts';
import type { OpenContext } from '../process/context.ts';
import { noFile } from './no-file.ts';

/** What each family of commands is added to. */
export interface Program {
  readonly command: Command;
  /** The configuration; read when a command runs, so that `--help` works whatever the environment says. */
  config(): Config;
  output(): Output;
}

/**
 * The operator: the account of this machine that runs the command, because a held plan needs two of them. Only root
 * is believed to act for somebody else (`sudo`), since anybody can set a variable.
 */
export function operator(): Extract<Actor, { kind: 'system' }> {
  const account = process.getuid?.() === 0 ? (process.env.SUDO_USER ?? accountName()) : accountName();
  return { kind: 'system', name: `cli:${account.replaceAll(/[^\w.-]/g, '_').slice(0, 64)}` };
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'none'}`; // a container's account may have no name
  }
}

/** The text of a small file that the person named. @throws InvalidInput `command/no-file` */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw noFile(path, cause);
  }
}

/** Runs with the platform open beside a serving process if there is one, and closes it whatever happens. */
export async function withContext<Result>(
  program: Program,
  run: (context: OpenContext) => Promise<Result>,
): Promise<Result> {
  const context = await openPlatform(program);
  try {
    const result = await run(context);
    // No server may be running: what the command recorded is in the log, under a checkpoint, when it ends.
    while ((await context.ledger.integrate()) > 0);
    return result;
  } finally {
    await context.close();
  }
}

/** The platform beside a serving process if there is one, for a command that may not need it; its opener closes it. */
export async function openPlatform(program: Program): Promise<OpenContext> {
  // Loaded here: with every service behind it, it is most of what a short command would wait for.
  const { openContext } = await import('../process/context.ts');
  return openContext(program.config(), pino({ level: 'silent' }), { serves: false });
}
