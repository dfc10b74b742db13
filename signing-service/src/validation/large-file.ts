import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ByteSource } from '../formats/content.ts';

/** A file on this machine that is not held in memory: never one that a stranger names. */
export interface LargeFile {
  readonly path: string;
  readonly length: number;
}

/** Plain data, so that it can be handed to a worker. */
export const isLargeFile = (file: Uint8Array | LargeFile): file is LargeFile => !(file instanceof Uint8Array);

export interface OpenFile extends ByteSource, Disposable {}

/** Opens it for reading; throws when it is no longer as long as it was. */
export function openLargeFile({ path, length }: LargeFile): OpenFile {
  const handle = openSync(path, 'r');
  const mustBeWhole = (isWhole: boolean) => {
    if (!isWhole) throw new Error(`${path} has changed while it was read`);
  };
  mustBeWhole(fstatSync(handle).size === length);
  return {
    length,
    read: (at, into) => {
      for (let done = 0; done < into.length; ) {
        const count = readSync(handle, into, done, into.length - done, at + done);
        mustBeWhole(count > 0);
        done += count;
      }
    },
    [Symbol.dispose]: () => closeSync(handle),
  };
}

/** A file from its first byte to its last; a piece is good until the next one, so that memory is that of one. */
export async function* piecesOfFile(path: string): AsyncGenerator<Buffer, void> {
  await using file = await open(path);
  const room = Buffer.alloc(1024 * 1024);
  for (;;) {
    const { bytesRead } = await file.read(room, 0, room.length, null);
    if (bytesRead === 0) return;
    yield room.subarray(0, bytesRead);
  }
}
