import { createPasswordHasher } from '../hashing.ts';
import { type EarlierReport, importEarlier, readEarlierRows } from './imports.ts';

/** As {@link importEarlier}, of the lines of a file, for the operator's command. */
export async function importEarlierPasswords(
  context: Parameters<typeof importEarlier>[0],
  lines: AsyncIterable<string>,
  how: Parameters<typeof importEarlier>[3],
): Promise<EarlierReport> {
  return importEarlier(context, createPasswordHasher(), readEarlierRows(lines), how);
}
