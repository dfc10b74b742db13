import type { Locale } from '@edutrust/platform/messages';
import type { Command } from 'commander';
import type { Program } from './commands/command.ts';
import { programOf, runProgram } from './program.ts';

/** The command `edutrust`: parses, runs, and ends with 0 good, 1 negative answer, 2 bad input, 3 unavailable. */
export const main = (argv: readonly string[]): Promise<void> =>
  runProgram(argv, (json, locale) => createCommand(json, locale, familyOf(argv)));

/** Commands by family, in the order of `--help`; each is loaded when it is wanted: with everything, a start takes a second. */
const families = {
  serve: async () => (await import('./commands/serve.ts')).addServeCommand,
  setup: async () => (await import('./commands/setup.ts')).addSetupCommand,
  operations: async () => (await import('./commands/operations.ts')).addOperationsCommands,
  people: async () => (await import('./commands/people.ts')).addPeopleCommands,
  'break-glass': async () => (await import('./commands/break-glass.ts')).addBreakGlassCommands,
  ids: async () => (await import('./commands/ids.ts')).addIdsCommands,
  certs: async () => (await import('./commands/certs.ts')).addCertsCommands,
  verify: async () => (await import('./commands/verify.ts')).addVerifyCommand,
  sign: async () => (await import('./commands/sign.ts')).addSignCommand,
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
  const wanted = family ? [families[family]] : Object.values(families);
  return programOf(json, locale, await Promise.all(wanted.map((load) => load())));
}
