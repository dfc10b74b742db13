import { readConfig, trustAuthorities } from '@edutrust/platform/config';
import type { Locale } from '@edutrust/platform/messages';
import { Command, CommanderError } from 'commander';
import type { Program } from './commands/command.ts';
import { createOutput, localeOfTerminal, reportError } from './output.ts';

/** Parses, runs and ends with 0 good, 1 negative answer, 2 bad input, 3 unavailable. */
export async function runProgram(
  argv: readonly string[],
  create: (json: boolean, locale: Locale) => Promise<Command>,
): Promise<void> {
  const locale = localeOfTerminal(process.env);
  const json = argv.includes('--json'); // known before anything is parsed, so that a wrong option is told as JSON too
  // The reader has gone (`edutrust … | head`): there is nobody to write to, and nothing went wrong.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  try {
    await (await create(json, locale)).parseAsync(argv);
  } catch (error) {
    process.exitCode =
      error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : reportError(error, { json, locale });
  }
}

/** The command `edutrust` with these families of commands. */
export function programOf(json: boolean, locale: Locale, families: readonly ((program: Program) => void)[]): Command {
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
  const environment = { ...process.env };
  delete process.env.EDUTRUST_SECRET; // PostgreSQL, a token's driver and what else we start need not inherit it
  const program: Program = {
    command,
    config: () => {
      const config = readConfig(environment);
      trustAuthorities(config);
      return config;
    },
    output: () => createOutput(json, locale),
  };
  for (const add of families) add(program);
  return command;
}
