import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { largestRosterBytes, tooLarge } from './refusals.ts';
import type { SheetRow } from './row.ts';

export interface RosterFile {
  /** For messages only. */
  readonly name: string;
  readonly bytes: number;
  readonly stream: Readable;
}

/** The rows of a roster that are no file: another system gave them, the header first, in the words of our own template. */
export interface RosterTable {
  /** For messages only. */
  readonly name: string;
  /** @throws when they may not be all that there are. */
  rows(): AsyncIterable<SheetRow>;
}

/** @throws TooLarge before a byte is read. */
export async function openRosterFile(path: string): Promise<RosterFile> {
  const { size } = await stat(path);
  if (size > largestRosterBytes) throw tooLarge();
  return {
    name: path.split('/').at(-1) ?? path,
    bytes: size,
    stream: createReadStream(path, { highWaterMark: 256 * 1024 }),
  };
}

/** The bytes of a file, counted and hashed as they pass. */
export interface Counted {
  readonly bytes: AsyncGenerator<Buffer>;
  /** The first bytes, already taken from the stream and given again by `bytes`. */
  readonly opening: Buffer;
  readonly read: { count: number };
  /** SHA-256 of everything that was read, hex. */
  sha256(): string;
}

/** Bytes that the kind of a file is told by. */
const openingBytes = 4 * 1024;

/** @throws TooLarge as soon as more than `largestRosterBytes` have come. */
export async function count(file: RosterFile): Promise<Counted> {
  const hash = createHash('sha256');
  const read = { count: 0 };
  const iterator = (file.stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const take = async (): Promise<Buffer | undefined> => {
    const { done, value } = await iterator.next();
    if (done) return undefined;
    read.count += value.length;
    if (read.count > largestRosterBytes) throw tooLarge();
    hash.update(value);
    return value;
  };
  const first: Buffer[] = [];
  for (let length = 0; length < openingBytes; ) {
    const chunk = await take();
    if (!chunk) break;
    first.push(chunk);
    length += chunk.length;
  }
  async function* bytes() {
    yield* first;
    for (;;) {
      const chunk = await take();
      if (!chunk) return;
      yield chunk;
    }
  }
  return {
    bytes: bytes(),
    opening: Buffer.concat(first).subarray(0, openingBytes),
    read,
    sha256: () => hash.digest('hex'),
  };
}

/** A file that has to be read from its end, on the disk as long as it is needed. */
export async function spool({ bytes }: Counted): Promise<AsyncDisposable & { readonly path: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-roster-'));
  const dispose = () => rm(directory, { recursive: true, force: true });
  try {
    const path = join(directory, 'roster');
    const handle = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of bytes) await handle.write(chunk);
    } finally {
      await handle.close();
    }
    return { path, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
