import type { Archive } from './archive.ts';
import type { PackageTables } from './tables.ts';

/** A way of giving a roster as several CSV files in one ZIP. */
export interface PackageFormat {
  /** Whether the archive is one, by the names of its files and their headers. */
  recognises(archive: Archive): Promise<boolean>;
  /** @throws InvalidInput `roster/package-incomplete` when a file is missing that the format promises. */
  read(archive: Archive): Promise<PackageTables>;
}
