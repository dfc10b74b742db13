import { readConfig, trustAuthorities } from '@edutrust/platform/config';
import type { Locale } from '@edutrust/platform/messages';
import { Command, CommanderError } from 'commander';
import type { Program } from './commands/command.ts';
import { createOutput, localeOfTerminal, reportError } from './output.ts';

/** The command `edutrust`: parses, runs, and ends with 0 good, 1 negative answer, 2 bad input, 3 unavailable. */
export async function main(argv: readonly string[]): Promise<void> {
  const locale = localeOfTerminal(process.env);
  const json = argv.includes('--json'); // known before anything is parsed, so that a wrong option is told as JSON too
  // The reader has gone (`edutrust … | head`): there is nobody to write to, and nothing went wrong.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  try {
    await (await createCommand(json, locale, familyOf(argv))).parseAsync(argv);
  } catch (error) {
    process.exitCode =
      error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : reportError(error, { json, locale });
  }
}

/** Commands by family, in the order of `--help`; each is loaded when it is wanted: with everything, a start takes a second. */
const families = {
  serve: async () => (await import('./commands/serve.ts')).addServeCommand,
  setup: async () => (await import('./commands/setup.ts')).addSetupCommand,
  operations: async () => (await import('./commands/operations.ts')).addOperationsCommands,
  people: async () => (await import('./commands/people.ts')).addPeopleCommands,
  ids: async () => (await import('./commands/ids.ts')).addIdsCommands,
  certs: async () => (await import('./commands/certs.ts')).addCertsCommands,
  verify: async () => (await import('./commands/verify.ts')).addVerifyCommand,
  sync: async () => (await import('./commands/sync.ts')).addSyncCommands,
  approvals: async () => (await import('./commands/approvals.ts')).addApprovalCommands,
  log: async () => (await import('./commands/log.ts')).addLogCommands,
  networks: async () => (await import('./commands/networks.ts')).addNetworksCommands,
  apps: async () => (await import('./commands/apps.ts')).addAppsCommands,
  keys: async () => (await import('./commands/keys.ts')).addKeysCommands,
  backup: async () => (await import('./commands/backup.ts')).addBackupCommands,
} satisfies Record<string, () => Promise<(program: Program) => void>>;
type Family = keyof typeof families;

/** Families with commands of other names. */
const members: Readonly<Record<string, Family>> = {
  migrate: 'operations',
  seed: 'operations',
  doctor: 'operations',
  jobs: 'operations',
  restore: 'backup',
};

/** The family of the first word that is no option; undefined for help and for what is no command: all are loaded then. */
function familyOf(argv: readonly string[]): Family | undefined {
  const word = argv.slice(2).find((argument) => !argument.startsWith('-')) ?? '';
  if (Object.hasOwn(members, word)) return members[word];
  return Object.hasOwn(families, word) ? (word as Family) : undefined; // it is one of the keys
}

/** The command, with one family or every command that there is. */
export async function createCommand(json: boolean, locale: Locale, family?: Family): Promise<Command> {
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
  const wanted = family ? [families[family]] : Object.values(families);
  for (const add of await Promise.all(wanted.map((load) => load()))) add(program);
  return command;
}
