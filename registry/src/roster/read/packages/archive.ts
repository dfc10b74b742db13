import type { FileHandle } from 'node:fs/promises';
import { readCsv } from '../csv.ts';
import { tooLarge } from '../refusals.ts';
import { decode } from '../text.ts';
import { readZipDirectory, readZipEntry } from '../zip.ts';
import type { Entry } from './tables.ts';

/** Lines of one file, which are joined in memory: some hundred bytes each. */
const mostLines = 1_200_000;
const largestFile = 512 * 1024 * 1024;

/** The CSV files of a ZIP, by their names in lower case and without folder and `.csv`. */
export interface Archive {
  readonly names: ReadonlySet<string>;
  /** The headers of a file in lower case; none when it is not there. */
  headers(name: string): Promise<readonly string[]>;
  /** Its lines; none when it is not there. @throws TooLarge; InvalidInput `roster/…` */
  lines(name: string): Promise<readonly Entry[]>;
}

export async function openArchive(file: FileHandle): Promise<Archive> {
  const entries = new Map(
    [...(await readZipDirectory(file))].flatMap(([path, entry]) => {
      const name = path.split('/').at(-1)?.toLowerCase() ?? '';
      return name.endsWith('.csv') ? [[name.slice(0, -4), entry] as const] : [];
    }),
  );
  const read = async (name: string): Promise<readonly (readonly string[])[]> => {
    const entry = entries.get(name);
    if (!entry) return [];
    const chunks: Buffer[] = [];
    await readZipEntry(file, entry, (bytes) => void chunks.push(bytes), largestFile);
    const bytes = Buffer.concat(chunks);
    const rows: (readonly string[])[] = [];
    await readCsv(decode(bytes.subarray(0, 4_096), whole(bytes)), ({ cells }) => {
      rows.push(cells);
      if (rows.length > mostLines) throw tooLarge();
    });
    return rows;
  };
  const namesIn = (header: readonly string[] = []) => header.map((name) => name.trim().toLowerCase());
  return {
    names: new Set(entries.keys()),
    headers: async (name) => namesIn((await read(name))[0]),
    async lines(name) {
      const [header, ...rest] = await read(name);
      const names = namesIn(header);
      return rest.map((cells) => Object.fromEntries(names.map((one, index) => [one, (cells[index] ?? '').trim()])));
    },
  };
}

async function* whole(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
