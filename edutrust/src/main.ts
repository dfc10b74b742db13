import { readConfig } from '@edutrust/platform/config';
import { Command, CommanderError } from 'commander';
import { addCertsCommands } from './commands/certs.ts';
import type { Program } from './commands/command.ts';
import { addIdsCommands } from './commands/ids.ts';
import { addLogCommands } from './commands/log.ts';
import { addOperationsCommands } from './commands/operations.ts';
import { addPeopleCommands } from './commands/people.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSyncCommands } from './commands/sync.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { createOutput, localeOfTerminal, reportError } from './output.ts';

/** The command `edutrust`: parses, runs, and ends with 0 good, 1 negative answer, 2 bad input, 3 unavailable. */
export async function main(argv: readonly string[]): Promise<void> {
  const locale = localeOfTerminal(process.env);
  const command = new Command('edutrust')
    .description(
      'Định danh, đăng nhập một lần và chữ ký số cho ngành giáo dục.\nIdentity, single sign-on and digital signatures for a city of schools.',
    )
    .option('--json', 'one JSON object a line')
    .showHelpAfterError('(edutrust --help)')
    .exitOverride();
  const program: Program = {
    command,
    config: () => readConfig(process.env),
    output: () => createOutput(command.opts<{ json?: boolean }>().json ?? false, locale),
  };
  addServeCommand(program);
  addOperationsCommands(program);
  addPeopleCommands(program);
  addIdsCommands(program);
  addCertsCommands(program);
  addVerifyCommand(program);
  addSyncCommands(program);
  addLogCommands(program);
  try {
    await command.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    process.exitCode = reportError(error, { json: command.opts<{ json?: boolean }>().json ?? false, locale });
  }
}
