import { crc32, deflateRawSync } from 'node:zlib';

/** 1 January 1980: what a file's own time would be is nobody's claim. */
const dosDate = 0x0021;
/** Names in UTF-8. */
const flags = 0x0800;

/** What a ZIP says of one file; sizes and offset in bytes, below 4 GiB. */
export interface ZipEntry {
  readonly name: string;
  readonly crc: number;
  readonly size: number;
  readonly packed: { readonly method: 'stored' | 'deflated'; readonly size: number };
  /** Of its local header. */
  readonly offset: number;
}

/**
 * A ZIP (PKWARE APPNOTE 4.3) of files in this order: the same files give the same bytes. Below 4 GiB.
 *
 * @param options.isDeflated packed; stored as they are otherwise
 */
export function writeZip(files: ReadonlyMap<string, Uint8Array>, { isDeflated = false } = {}): Buffer {
  const parts: Uint8Array[] = [];
  const entries: ZipEntry[] = [];
  let offset = 0;
  for (const [name, contents] of files) {
    const data = isDeflated ? deflateRawSync(contents) : contents;
    const packed = { method: isDeflated ? ('deflated' as const) : ('stored' as const), size: data.length };
    const entry: ZipEntry = { name, crc: crc32(contents), size: contents.length, packed, offset };
    const header = zipHeader(entry);
    entries.push(entry);
    parts.push(header, data);
    offset += header.length + data.length;
  }
  return Buffer.concat([...parts, zipDirectory(entries, offset)]);
}

/** The local header that stands before a file's data. Its length depends on the name alone. */
export const zipHeader = (entry: ZipEntry): Buffer =>
  Buffer.concat([Buffer.from('504b0304', 'hex'), commonOf(entry), Buffer.from(entry.name, 'utf8')]);

/** What stands behind all files, at this offset. */
export function zipDirectory(entries: readonly ZipEntry[], offset: number): Buffer {
  const central = Buffer.concat(
    entries.flatMap((entry) => {
      const place = Buffer.alloc(14);
      place.writeUInt32LE(entry.offset, 10);
      return [Buffer.from('504b01021400', 'hex'), commonOf(entry), place, Buffer.from(entry.name, 'utf8')];
    }),
  );
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([central, end]);
}

function commonOf({ name, crc, size, packed }: ZipEntry): Buffer {
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0); // version needed
  common.writeUInt16LE(flags, 2);
  common.writeUInt16LE(packed.method === 'deflated' ? 8 : 0, 4);
  common.writeUInt16LE(dosDate, 8);
  common.writeUInt32LE(crc, 10);
  common.writeUInt32LE(packed.size, 14);
  common.writeUInt32LE(size, 18);
  common.writeUInt16LE(Buffer.byteLength(name, 'utf8'), 22);
  return common;
}
