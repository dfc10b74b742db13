import { createHash } from 'node:crypto';
import { constants, type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { largestRosterBytes, type RosterFile } from '@edutrust/registry/roster';
import Type from 'typebox';
import { incomplete } from '../incomplete.ts';
import type { FileSnapshot, SourceKind } from '../source.ts';

export const FolderSettings = Type.Object(
  { folder: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,59}$' }) },
  { additionalProperties: false },
);

/**
 * A folder on this machine (`EDUTRUST_DATA/incoming/NAME`) into which another system puts roster files of any kind that the
 * import reads, each with its digest beside it (`lop.csv`, then `lop.csv.sha256` as sha256sum writes it). The newest counts.
 */
export const folderSource: SourceKind<typeof FolderSettings> = {
  kind: 'folder',
  title: { vi: 'Thư mục thả tệp', en: 'Drop folder' },
  settings: FolderSettings,
  rosters: ['learners', 'staff', 'guardians', 'schools'],
  check: () => undefined,
  open: async ({ settings, incoming }) => openNewest(join(incoming, settings.folder)),
};

const isRoster = (name: string) => /^[^.].*\.(?:csv|txt|xlsx|zip)$/i.test(name);

/** @throws Unavailable `sync/incomplete-read` when no file is whole: without its digest it may still be on its way (D4). */
async function openNewest(folder: string): Promise<FileSnapshot> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw incomplete('the folder is not there', cause);
  });
  const files = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name)); // no link leads out of it
  const whole = [...files].filter((name) => isRoster(name) && files.has(`${name}.sha256`));
  const dated = await Promise.all(whole.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })));
  const [newest] = dated.sort((one, other) => other.at - one.at || other.name.localeCompare(one.name, 'en'));
  if (!newest) throw incomplete('no file with its .sha256 beside it');
  const { name } = newest;
  const said = /^[0-9a-f]{64}/i.exec(await readFile(join(folder, `${name}.sha256`), 'utf8'))?.[0].toLowerCase();
  const handle = await open(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await handle.stat();
    if (size > largestRosterBytes) throw incomplete(`${name} is larger than a roster may be`);
    const sha256 = await digestOf(handle);
    if (sha256 !== said) throw incomplete(`${name} is not the file that its .sha256 is of`);
    return {
      mark: async () => sha256,
      file: (): RosterFile => ({
        name,
        bytes: size,
        stream: handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 }),
      }),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function digestOf(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
