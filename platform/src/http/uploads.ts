import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { InvalidInput, TooLarge, Unavailable } from '../errors.ts';

/** A file that has arrived whole. It lies on disk until it is disposed of; nothing of it outlives the process. */
export interface ReceivedFile extends AsyncDisposable {
  readonly size: number;
  /** Reads it into memory: only when its turn has come. */
  bytes(): Promise<Buffer>;
}

export interface ReceiveOptions {
  readonly mostBytes: number;
  /** The network address that sends it: one alone does not fill the space of all. */
  readonly from: string;
}

/** Where files wait until somebody has time for them (E11): on disk, in a space that is shared and bounded. */
export interface Uploads {
  /**
   * @throws TooLarge `request/too-large`; Unavailable `request/busy` when the space is full; InvalidInput
   * `request/stalled` when nothing more arrives.
   */
  receive(stream: Readable, options: ReceiveOptions): Promise<ReceivedFile>;
}

export interface UploadLimits {
  /** On disk, of everybody together. */
  readonly mostBytes: number;
  readonly mostBytesOfOne: number;
  /** Longest pause between two pieces. */
  readonly stallMs: number;
}

const usual: UploadLimits = { mostBytes: 2 * 1024 ** 3, mostBytesOfOne: 512 * 1024 ** 2, stallMs: 15_000 };
/** What is smaller never touches the disk. */
const memoryBytes = 64 * 1024;

export function createUploads(limits: UploadLimits = usual): Uploads {
  const space = sharedSpace(limits);
  return {
    receive: async (stream, { mostBytes, from }) => {
      const kept = spillingFile();
      let size = 0;
      let closed = false;
      const dispose = async () => {
        if (closed) return;
        closed = true;
        space.giveBack(from, size);
        await kept.close();
      };
      const stall = setTimeout(() => stream.destroy(stalled()), limits.stallMs);
      try {
        for await (const piece of stream as AsyncIterable<Buffer>) {
          stall.refresh();
          if (size + piece.length > mostBytes) throw tooLarge(mostBytes);
          space.take(from, piece.length);
          size += piece.length;
          await kept.write(piece, size);
        }
      } catch (error) {
        await dispose();
        throw error;
      } finally {
        clearTimeout(stall);
      }
      return { size, bytes: () => kept.read(size), [Symbol.asyncDispose]: dispose };
    },
  };
}

/** Counts what lies here, of everybody and of each address. */
function sharedSpace({ mostBytes, mostBytesOfOne }: UploadLimits) {
  let total = 0;
  const byAddress = new Map<string, number>();
  return {
    /** @throws Unavailable `request/busy` */
    take: (from: string, bytes: number) => {
      const ofOne = (byAddress.get(from) ?? 0) + bytes;
      if (total + bytes > mostBytes || ofOne > mostBytesOfOne) throw busy();
      total += bytes;
      byAddress.set(from, ofOne);
    },
    giveBack: (from: string, bytes: number) => {
      total -= bytes;
      const rest = (byAddress.get(from) ?? 0) - bytes;
      if (rest > 0) byAddress.set(from, rest);
      else byAddress.delete(from);
    },
  };
}

/** Bytes in memory while they are few, and on disk with all that came before once they are many. */
function spillingFile() {
  const first: Buffer[] = [];
  let file: FileHandle | undefined;
  return {
    /** `size` is that of all pieces with this one. */
    write: async (piece: Buffer, size: number) => {
      if (!file && size <= memoryBytes) {
        first.push(piece);
        return;
      }
      if (!file) {
        file = await openNameless();
        for (const earlier of first.splice(0)) await file.write(earlier);
      }
      await file.write(piece);
    },
    read: async (size: number): Promise<Buffer> => {
      if (!file) return Buffer.concat(first);
      const bytes = Buffer.allocUnsafe(size);
      for (let at = 0; at < size; ) {
        const { bytesRead } = await file.read(bytes, at, size - at, at);
        if (bytesRead === 0) throw new Error('an upload lost its end');
        at += bytesRead;
      }
      return bytes;
    },
    close: async () => file?.close(),
  };
}

/** A file without a name from the start: a process that is killed leaves nothing. */
async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `edutrust-upload-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

function tooLarge(mostBytes: number): TooLarge {
  const mebibytes = Math.floor(mostBytes / 2 ** 20);
  return new TooLarge('request/too-large', {
    vi: `Tệp lớn hơn ${mebibytes} MiB nên không được nhận.`,
    en: `The file is larger than ${mebibytes} MiB and was not accepted.`,
  });
}

function busy(): Unavailable {
  return new Unavailable(
    'request/busy',
    { vi: 'Đang có quá nhiều tệp được gửi lên cùng lúc.', en: 'Too many files are being sent at once.' },
    { retryAfterSeconds: 10, remedy: { vi: 'Thử lại sau ít phút.', en: 'Try again in a few minutes.' } },
  );
}

function stalled(): InvalidInput {
  return new InvalidInput(
    'request/stalled',
    { vi: 'Tệp gửi lên bị dừng giữa chừng.', en: 'The upload stopped before the end of the file.' },
    { remedy: { vi: 'Kiểm tra mạng rồi gửi lại.', en: 'Check the network and send it again.' } },
  );
}
