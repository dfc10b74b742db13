import { open } from 'node:fs/promises';
import { deltaIsNotComplete, packageLacks, packageNotWhole, type RosterKindId } from '../refusals.ts';
import type { SheetRow } from '../row.ts';
import { openArchive } from './archive.ts';
import { clever } from './clever.ts';
import type { PackageFormat } from './format.ts';
import { oneRoster } from './oneroster.ts';
import { rowsOf } from './rows.ts';
import { schoolDataSync } from './school-data-sync.ts';
import { danglingIn, type PackageTables } from './tables.ts';

const formats: readonly PackageFormat[] = [oneRoster, schoolDataSync, clever];

/** Whether the person says that the rows hold everybody. */
export interface Declared {
  readonly isDeclaredComplete: boolean;
}

/**
 * A ZIP of several files as one table, the header first; undefined for an archive that is none of the formats.
 *
 * @throws InvalidInput `roster/package-incomplete`, `roster/package-not-whole`, `roster/delta-not-complete`; TooLarge.
 */
export async function readPackage(
  path: string,
  kind: RosterKindId,
  declared: Declared,
): Promise<Generator<SheetRow> | undefined> {
  await using file = await open(path, 'r');
  const archive = await openArchive(file);
  for (const format of formats)
    if (await format.recognises(archive)) return packageRows(await format.read(archive), kind, declared);
  return undefined;
}

/**
 * What another system holds, as the table of a roster: one line a learner in a class, a member of staff at a school, a
 * guardian of a learner, or a school. Removed people (`tobedeleted`) are lines that say so.
 *
 * @throws InvalidInput `roster/package-incomplete` when it has no schools or people; `roster/delta-not-complete` when
 * changes alone are said to be everybody, `roster/package-not-whole` when what is said to be everybody names people,
 * classes or schools that it does not have (D4).
 */
export function packageRows(
  given: PackageTables,
  kind: RosterKindId,
  { isDeclaredComplete }: Declared,
): Generator<SheetRow> {
  for (const name of ['orgs', 'users'] as const)
    if (given.tables[name].length === 0) throw packageLacks(given.format, name);
  if (isDeclaredComplete) {
    if (given.isDelta) throw deltaIsNotComplete(given.format);
    const [lost] = danglingIn(given);
    if (lost) throw packageNotWhole(given.format, lost);
  }
  return rowsOf(kind, given.tables);
}
