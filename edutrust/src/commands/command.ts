import type { Config } from '@edutrust/platform/config';
import type { Command } from 'commander';
import { pino } from 'pino';
import type { Output } from '../output.ts';
import { type OpenContext, openContext } from '../process/context.ts';

/** What each family of commands is added to. */
export interface Program {
  readonly command: Command;
  /** The configuration; read when a command runs, so that `--help` works whatever the environment says. */
  config(): Config;
  output(): Output;
}

/** Runs with the platform open beside a serving process if there is one, and closes it whatever happens. */
export async function withContext<Result>(
  program: Program,
  run: (context: OpenContext) => Promise<Result>,
): Promise<Result> {
  const log = pino({ level: 'silent' });
  const context = await openContext(program.config(), log, { serves: false });
  try {
    const result = await run(context);
    // No server may be running: what the command recorded is in the log, under a checkpoint, when it ends.
    while ((await context.ledger.integrate()) > 0);
    return result;
  } finally {
    await context.close();
  }
}
