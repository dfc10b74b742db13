import { crc32, inflateRawSync } from 'node:zlib';
import { type ByteSource, bytesAt, type Content, isHeld, partOf, piecesOf } from '../content.ts';

/** A container that is read in one way only, or not at all. */
export class MalformedZip extends Error {}
/** More entries or bytes than any honest container has. */
export class ZipBeyondLimits extends Error {}

const mostEntries = 1_000;
/** Held of a container's files, packed or in memory. */
const mostInflated = 64 * 1024 * 1024;
const mostDirectory = 1024 * 1024;

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
  const held = new Map<string, Buffer>();
  for (const [name, contents] of readContainer(bytes)) if (Buffer.isBuffer(contents)) held.set(name, contents); // all are
  return held;
}

/**
 * {@link readZip} of a container in memory or elsewhere: what is not packed in one elsewhere stays there, checked against
 * its checksum here and read anew by whoever needs it. Whatever is packed is held.
 *
 * @throws as {@link readZip}
 */
export function readContainer(container: Content): Map<string, Buffer | ByteSource> {
  const { directory, count, start } = readDirectory(container);
  if (count > mostEntries) throw new ZipBeyondLimits(`${count} entries`);
  const files = new Map<string, Buffer | ByteSource>();
  const names = new Set<string>();
  let at = 0;
  let dataEnd = 0;
  let held = 0;
  for (let index = 0; index < count; index++) {
    const entry = readCentral(directory, at);
    if (names.has(entry.name)) throw new MalformedZip(`${entry.name} twice`);
    names.add(entry.name);
    if (entry.offset !== dataEnd) throw new MalformedZip(`bytes before ${entry.name}`);
    const { contents, next } = readEntry(container, entry, start, mostInflated - held);
    if (isHeld(contents)) held += contents.length;
    dataEnd = next;
    const isFolder = entry.name.endsWith('/');
    if (isFolder && contents.length > 0) throw new MalformedZip(`${entry.name} holds bytes`);
    if (!isFolder) files.set(entry.name, contents);
    at = entry.next;
  }
  if (at !== directory.length || dataEnd !== start) throw new MalformedZip('bytes that belong to no file');
  return files;
}

/** The directory, how many files it says there are, and where it starts: up to there the files are. */
function readDirectory(container: Content) {
  const tailStart = Math.max(container.length - 22 - mostComment, 0);
  const tail = bytesAt(container, tailStart, container.length - tailStart);
  const record = endRecord(tail);
  const end = tailStart + record;
  const count = tail.readUInt16LE(record + 10);
  const size = tail.readUInt32LE(record + 12);
  const start = tail.readUInt32LE(record + 16);
  if (tail.readUInt32LE(record + 4) !== 0 || tail.readUInt16LE(record + 8) !== count || start + size !== end)
    throw new MalformedZip('a directory that is not where the end record says');
  if (size > mostDirectory) throw new ZipBeyondLimits(`a directory of ${size} bytes`);
  return { directory: bytesAt(container, start, size), count, start };
}

/**
 * Where the end record is: the last one that says so, with nothing behind it but its own comment, in which programs write
 * their name or the container's type (EN 319 162-1 annex A.1). A comment that another record could hide in is refused.
 */
function endRecord(bytes: Buffer): number {
  let end = bytes.length - 22;
  while (end >= 0 && bytes.readUInt32LE(end) !== signatures.end) end -= 1;
  const comment = bytes.subarray(end + 22);
  if (end < 0 || bytes.readUInt16LE(end + 20) !== comment.length) throw new MalformedZip('no end record at the end');
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

function readCentral(bytes: Buffer, at: number): Central {
  if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== signatures.central)
    throw new MalformedZip('no directory entry');
  const nameLength = bytes.readUInt16LE(at + 28);
  const next = at + 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  if (next > bytes.length) throw new MalformedZip('a directory entry beyond the directory');
  const flags = bytes.readUInt16LE(at + 8);
  // A link is what it leads to for whoever unpacks it, and that is not what is signed.
  if (((bytes.readUInt32LE(at + 38) >>> 16) & fileType) === symbolicLink) throw new MalformedZip('a symbolic link');
  const raw = bytes.subarray(at + 46, at + 46 + nameLength);
  checkExtra(bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + bytes.readUInt16LE(at + 30)), raw);
  if ((flags & ~knownFlags) !== 0) throw new MalformedZip('an encrypted or unknown kind of entry');
  return {
    name: nameOf(raw),
    flags,
    method: bytes.readUInt16LE(at + 10),
    crc: bytes.readUInt32LE(at + 16),
    packed: bytes.readUInt32LE(at + 20),
    size: bytes.readUInt32LE(at + 24),
    offset: bytes.readUInt32LE(at + 42),
    next,
  };
}

const [fileType, symbolicLink] = [0xf000, 0xa000];
const unicodePath = 0x7075;

/** Extra fields (APPNOTE 4.5); of them one names the file for some programs, and must say what its name says (4.6.9). */
function checkExtra(extra: Buffer, name: Buffer): void {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    if (extra.readUInt16LE(at) === unicodePath && !field.subarray(5).equals(name))
      throw new MalformedZip('a file with two names');
  }
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

type Fault = (what: string) => MalformedZip;

function readEntry(container: Content, entry: Central, limit: number, room: number) {
  const { name, flags, packed, size } = entry;
  const fault: Fault = (what) => new MalformedZip(`${name}: ${what}`);
  const from = checkLocal(container, entry, limit, fault);
  const to = from + packed;
  if (to > limit) throw fault('longer than the file');
  const isStored = entry.method === 0;
  const isThere = !isHeld(container) && isStored && !isOfContainer(name);
  if (!isThere && Math.max(size, packed) > room) throw new ZipBeyondLimits('more bytes than are inflated');
  const contents = isThere ? partOf(container, from, packed) : unpack(bytesAt(container, from, packed), entry, fault);
  if (contents.length !== size || checksumOf(contents) !== entry.crc) throw fault('other contents than its checksum');
  return { contents, next: (flags & 0x0008) === 0 ? to : to + descriptorLength(container, to, entry, fault) };
}

/** What says something of the container is held, however large it is. */
const isOfContainer = (name: string) => name === 'mimetype' || /^META-INF\//iu.test(name);

function checksumOf(contents: Content): number {
  let sum = 0;
  for (const piece of piecesOf(contents)) sum = crc32(piece, sum);
  return sum;
}

/** Where the data of an entry starts, behind its local header, which must say what the directory says. */
function checkLocal(container: Content, entry: Central, limit: number, fault: Fault): number {
  const { name, offset, flags, method, packed, size, crc } = entry;
  const bytes = offset + 30 > limit ? undefined : bytesAt(container, offset, 30);
  if (bytes?.readUInt32LE(0) !== signatures.local) throw fault('no local header');
  const nameLength = bytes.readUInt16LE(26);
  const from = offset + 30 + nameLength + bytes.readUInt16LE(28);
  const hasDescriptor = (flags & 0x0008) !== 0;
  const isSame = (field: number, value: number) =>
    bytes.readUInt32LE(field) === value || (hasDescriptor && bytes.readUInt32LE(field) === 0);
  if (from > limit) throw fault('longer than the file');
  const raw = bytesAt(container, offset + 30, from - offset - 30);
  checkExtra(raw.subarray(nameLength), raw.subarray(0, nameLength));
  if (
    nameOf(raw.subarray(0, nameLength)) !== name ||
    bytes.readUInt16LE(6) !== flags ||
    bytes.readUInt16LE(8) !== method ||
    !isSame(14, crc) ||
    !isSame(18, packed) ||
    !isSame(22, size)
  )
    throw fault('a local header that differs');
  return from;
}

/** What node:zlib gives with `info`. */
interface Unpacked {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function unpack(packed: Buffer, { method, size }: Central, fault: Fault): Buffer {
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
function descriptorLength(container: Content, at: number, { crc, packed, size }: Central, fault: Fault): number {
  const bytes = bytesAt(container, at, Math.min(16, container.length - at));
  const start = bytes.length >= 4 && bytes.readUInt32LE(0) === 0x08074b50 ? 4 : 0;
  const values = start + 12 <= bytes.length ? [0, 4, 8].map((field) => bytes.readUInt32LE(start + field)) : [];
  if (values.join() !== [crc, packed, size].join()) throw fault('a descriptor that differs');
  return start + 12;
}
