import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { badWorkbook, tooLarge } from './refusals.ts';

const mostEntries = 5_000;
/** What one part of a workbook may unpack to: far above two million rows, far below a bomb. */
const largestPart = 2 * 1024 ** 3;

export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  /** CRC-32 of what is packed, by the directory. */
  readonly crc: number;
  readonly offset: number;
}

/**
 * The directory of a ZIP file (APPNOTE 4.3.12, 4.3.16), by name. Archives of one disk without ZIP64, as spreadsheets are.
 *
 * @throws InvalidInput `roster/bad-workbook`
 */
export async function readZipDirectory(file: FileHandle): Promise<ReadonlyMap<string, ZipEntry>> {
  const { size } = await file.stat();
  const tail = await readAt(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || end + 22 > tail.length) throw badWorkbook();
  const count = tail.readUInt16LE(end + 10);
  const length = tail.readUInt32LE(end + 12);
  const start = tail.readUInt32LE(end + 16);
  if (count > mostEntries || start + length > size) throw badWorkbook();
  const directory = await readAt(file, start, length);
  const entries = new Map<string, ZipEntry>();
  for (let at = 0, nth = 0; nth < count; nth += 1) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) throw badWorkbook();
    const nameLength = directory.readUInt16LE(at + 28);
    const rest = directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    const name = directory
      .subarray(at + 46, at + 46 + nameLength)
      .toString('utf8')
      .replaceAll('\\', '/');
    const isEncrypted = (directory.readUInt16LE(at + 8) & 1) === 1;
    if (isEncrypted) throw badWorkbook();
    entries.set(name, {
      name,
      method: directory.readUInt16LE(at + 10),
      compressedSize: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      crc: directory.readUInt32LE(at + 16),
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + rest;
  }
  return entries;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead < length) throw badWorkbook();
  return buffer;
}

/**
 * The bytes of one entry, unpacked as they are read and never more than `largest`.
 *
 * @throws InvalidInput `roster/bad-workbook`; TooLarge.
 */
export async function readZipEntry(
  file: FileHandle,
  { method, compressedSize, size, crc, offset }: ZipEntry,
  onBytes: (bytes: Buffer) => Promise<void> | void,
  largest = largestPart,
): Promise<void> {
  const header = await readAt(file, offset, 30);
  if (header.readUInt32LE(0) !== 0x04034b50 || (method !== 0 && method !== 8)) throw badWorkbook();
  const start = offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  async function* packed() {
    const step = 256 * 1024;
    for (let at = 0; at < compressedSize; at += step)
      yield await readAt(file, start + at, Math.min(step, compressedSize - at));
  }
  let total = 0;
  let sum = 0;
  const take = async (bytes: AsyncIterable<Buffer>) => {
    for await (const chunk of bytes) {
      total += chunk.length;
      if (total > largest) throw tooLarge();
      sum = crc32(chunk, sum);
      const done = onBytes(chunk);
      if (done) await done;
    }
    if (total !== size || sum !== crc) throw badWorkbook();
  };
  if (method === 0) return take(packed());
  await pipeline(packed, createInflateRaw(), take).catch((error: unknown) => {
    const isZlib = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
    throw isZlib ? badWorkbook(error) : error;
  });
}
