import { readConfig } from '@edutrust/platform/config';
import type { Locale } from '@edutrust/platform/messages';
import { Command, CommanderError } from 'commander';
import { addAppsCommands } from './commands/apps.ts';
import { addBackupCommands } from './commands/backup.ts';
import { addCertsCommands } from './commands/certs.ts';
import type { Program } from './commands/command.ts';
import { addIdsCommands } from './commands/ids.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addLogCommands } from './commands/log.ts';
import { addOperationsCommands } from './commands/operations.ts';
import { addPeopleCommands } from './commands/people.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSetupCommand } from './commands/setup.ts';
import { addSyncCommands } from './commands/sync.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { createOutput, localeOfTerminal, reportError } from './output.ts';

/** The command `edutrust`: parses, runs, and ends with 0 good, 1 negative answer, 2 bad input, 3 unavailable. */
export async function main(argv: readonly string[]): Promise<void> {
  const locale = localeOfTerminal(process.env);
  const json = argv.includes('--json'); // known before anything is parsed, so that a wrong option is told as JSON too
  // Whoever reads has gone (`edutrust … | head`): there is nobody to write to, and nothing went wrong.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  try {
    await createCommand(json, locale).parseAsync(argv);
  } catch (error) {
    process.exitCode =
      error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : reportError(error, { json, locale });
  }
}

/** Every command there is. */
export function createCommand(json: boolean, locale: Locale): Command {
  const command = new Command('edutrust')
    .description(
      'Định danh, đăng nhập một lần và chữ ký số cho ngành giáo dục.\nIdentity, single sign-on and digital signatures for a city of schools.',
    )
    .option('--json', 'one JSON object a line')
    .configureOutput({
      outputError: (text, write) =>
        write(json ? `${JSON.stringify({ error: { code: 'command/usage', detail: text.trim() } })}\n` : text),
    })
    .showHelpAfterError(json ? false : '(edutrust --help)')
    .exitOverride();
  const program: Program = {
    command,
    config: () => readConfig(process.env),
    output: () => createOutput(json, locale),
  };
  addServeCommand(program);
  addSetupCommand(program);
  addOperationsCommands(program);
  addPeopleCommands(program);
  addIdsCommands(program);
  addCertsCommands(program);
  addVerifyCommand(program);
  addSyncCommands(program);
  addLogCommands(program);
  addAppsCommands(program);
  addKeysCommands(program);
  addBackupCommands(program);
  return command;
}
