import { crc32, inflateRawSync } from 'node:zlib';

/** A container that is read in one way only, or not at all. */
export class MalformedZip extends Error {}
/** More entries or bytes than any honest container has. */
export class ZipBeyondLimits extends Error {}

const mostEntries = 1_000;
const mostInflated = 64 * 1024 * 1024;

/** Behind the end record, in bytes. */
const mostComment = 1_024;

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 } as const;
/** Names in UTF-8; sizes behind the data. Encryption and every other flag is refused. */
const knownFlags = 0x0808 | 0x0006;

/**
 * The files of a ZIP by name (PKWARE APPNOTE 4.3), in order. Programs that read a ZIP from the front and from the back must
 * see the same: each local header agrees with its central one, no name stands twice, and no byte belongs to nothing.
 *
 * @throws MalformedZip, ZipBeyondLimits
 */
export function readZip(bytes: Buffer): Map<string, Buffer> {
  const end = endRecord(bytes);
  const count = bytes.readUInt16LE(end + 10);
  const size = bytes.readUInt32LE(end + 12);
  const start = bytes.readUInt32LE(end + 16);
  if (bytes.readUInt32LE(end + 4) !== 0 || bytes.readUInt16LE(end + 8) !== count || start + size !== end)
    throw new MalformedZip('a directory that is not where the end record says');
  if (count > mostEntries) throw new ZipBeyondLimits(`${count} entries`);
  const files = new Map<string, Buffer>();
  let at = start;
  let dataEnd = 0;
  let inflated = 0;
  for (let index = 0; index < count; index++) {
    const entry = readCentral(bytes, at, end);
    if (files.has(entry.name)) throw new MalformedZip(`${entry.name} twice`);
    if (entry.offset !== dataEnd) throw new MalformedZip(`bytes before ${entry.name}`);
    const { contents, next } = readEntry(bytes, entry, start, mostInflated - inflated);
    inflated += contents.length;
    dataEnd = next;
    if (!entry.name.endsWith('/')) files.set(entry.name, contents);
    at = entry.next;
  }
  if (at !== end || dataEnd !== start) throw new MalformedZip('bytes that belong to no file');
  return files;
}

/**
 * Where the end record is: the last one that says so, with nothing behind it but its own comment, in which programs write
 * their name or the container's type (EN 319 162-1 annex A.1). A comment that another record could hide in is refused.
 */
function endRecord(bytes: Buffer): number {
  const earliest = Math.max(bytes.length - 22 - mostComment, 0);
  let end = bytes.length - 22;
  while (end >= earliest && bytes.readUInt32LE(end) !== signatures.end) end -= 1;
  const comment = bytes.subarray(end + 22);
  if (end < earliest || bytes.readUInt16LE(end + 20) !== comment.length)
    throw new MalformedZip('no end record at the end');
  if (comment.some((byte) => byte < 0x20 || byte === 0x7f) || comment.includes('PK'))
    throw new MalformedZip('a comment that is no text');
  return end;
}

interface Central {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
  readonly next: number;
}

function readCentral(bytes: Buffer, at: number, end: number): Central {
  if (at + 46 > end || bytes.readUInt32LE(at) !== signatures.central) throw new MalformedZip('no directory entry');
  const nameLength = bytes.readUInt16LE(at + 28);
  const next = at + 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  if (next > end) throw new MalformedZip('a directory entry beyond the directory');
  const flags = bytes.readUInt16LE(at + 8);
  if ((flags & ~knownFlags) !== 0) throw new MalformedZip('an encrypted or unknown kind of entry');
  return {
    name: nameOf(bytes.subarray(at + 46, at + 46 + nameLength)),
    flags,
    method: bytes.readUInt16LE(at + 10),
    crc: bytes.readUInt32LE(at + 16),
    packed: bytes.readUInt32LE(at + 20),
    size: bytes.readUInt32LE(at + 24),
    offset: bytes.readUInt32LE(at + 42),
    next,
  };
}

function nameOf(bytes: Buffer): string {
  try {
    const name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    if (name === '' || /[\u0000-\u001f\\]|^\/|(?:^|\/)\.\.(?:\/|$)/u.test(name)) throw new Error(name);
    return name;
  } catch {
    throw new MalformedZip('a name that is not allowed');
  }
}

function readEntry(bytes: Buffer, entry: Central, limit: number, room: number) {
  const { name, offset, flags, method, packed, size, crc } = entry;
  const fault = (what: string) => new MalformedZip(`${name}: ${what}`);
  if (offset + 30 > limit || bytes.readUInt32LE(offset) !== signatures.local) throw fault('no local header');
  const nameLength = bytes.readUInt16LE(offset + 26);
  const from = offset + 30 + nameLength + bytes.readUInt16LE(offset + 28);
  const to = from + packed;
  const hasDescriptor = (flags & 0x0008) !== 0;
  const isSame = (field: number, value: number) =>
    bytes.readUInt32LE(offset + field) === value || (hasDescriptor && bytes.readUInt32LE(offset + field) === 0);
  if (to > limit) throw fault('longer than the file');
  if (
    nameOf(bytes.subarray(offset + 30, offset + 30 + nameLength)) !== name ||
    bytes.readUInt16LE(offset + 6) !== flags ||
    bytes.readUInt16LE(offset + 8) !== method ||
    !isSame(14, crc) ||
    !isSame(18, packed) ||
    !isSame(22, size)
  )
    throw fault('a local header that differs');
  if (size > room) throw new ZipBeyondLimits('more bytes than are inflated');
  const contents = unpack(bytes.subarray(from, to), entry, fault);
  if (contents.length !== size || crc32(contents) !== crc) throw fault('other contents than its checksum');
  return { contents, next: hasDescriptor ? to + descriptorLength(bytes, to, entry, fault) : to };
}

/** What node:zlib gives with `info`. */
interface Unpacked {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function unpack(packed: Buffer, { method, size }: Central, fault: (what: string) => MalformedZip): Buffer {
  if (method === 0) return packed;
  if (method !== 8) throw fault('a method of packing that is not known');
  try {
    const unpacked: unknown = inflateRawSync(packed, { maxOutputLength: Math.max(size, 1), info: true });
    const { buffer, engine } = unpacked as Unpacked; // @types/node does not know what `info` gives
    // Everything was used: nothing hides behind the end of the packed data.
    if (engine.bytesWritten !== packed.length) throw new Error('bytes behind the packed data');
    return buffer;
  } catch {
    throw fault('cannot be unpacked');
  }
}

/** Checksum and sizes behind the data, with or without their signature (APPNOTE 4.3.9). */
function descriptorLength(
  bytes: Buffer,
  at: number,
  { crc, packed, size }: Central,
  fault: (what: string) => MalformedZip,
): number {
  const start = at + 4 <= bytes.length && bytes.readUInt32LE(at) === 0x08074b50 ? at + 4 : at;
  const values = start + 12 <= bytes.length ? [0, 4, 8].map((field) => bytes.readUInt32LE(start + field)) : [];
  if (values.join() !== [crc, packed, size].join()) throw fault('a descriptor that differs');
  return start + 12 - at;
}
