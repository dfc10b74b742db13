import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  /** Names in it that begin so. */
  names(prefix: string): Promise<string[]>;
}

/**
 * The folder of this process' temporary files from now until it is disposed of: what a test finds in it, or no longer,
 * is of nobody but the test.
 */
export async function ownTemporaryFolder(): Promise<TemporaryFolder> {
  const shared = tmpdir();
  const path = await mkdtemp(join(shared, 'edutrust-own-'));
  process.env.TMPDIR = path;
  return {
    path,
    names: async (prefix) => (await readdir(path)).filter((name) => name.startsWith(prefix)),
    [Symbol.asyncDispose]: async () => {
      process.env.TMPDIR = shared;
      await rm(path, { recursive: true, force: true });
    },
  };
}
