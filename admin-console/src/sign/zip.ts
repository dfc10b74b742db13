/** 1 January 1980: what a file's own time would be is nobody's claim. */
const dosDate = 0x0021;
/** Names in UTF-8. */
const flags = 0x0800;

/** CRC-32 by byte (PKWARE APPNOTE 4.4.7). */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (remainders[(value ^ byte) & 0xff] ?? 0);
  return ~value >>> 0;
}

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A ZIP (PKWARE APPNOTE 4.3) of files as they are, in this order: a signed PDF is packed already. Below 4 GiB. */
export function zipOf(files: readonly NamedFile[]): Blob {
  const locals: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let [offset, directorySize] = [0, 0];
  for (const { name, bytes } of files) {
    const title = new TextEncoder().encode(name);
    // Version, flags, method, time, date, checksum, both sizes, lengths of name and extra field.
    const common = fields([20, flags, 0, 0, dosDate], [crc32(bytes), bytes.length, bytes.length], [title.length, 0]);
    locals.push(fields([], [0x04034b50], []), common, title, bytes);
    directory.push(fields([], [0x02014b50], [20]), common, fields([0, 0, 0], [0, offset], []), title);
    offset += 30 + title.length + bytes.length;
    directorySize += 46 + title.length;
  }
  const count = files.length;
  const end = [fields([], [0x06054b50], [0, 0, count, count]), fields([], [directorySize, offset], [0])];
  return new Blob([...locals, ...directory, ...end], { type: 'application/zip' });
}

/** Numbers of two bytes, of four, of two again, the lowest byte first. */
function fields(before: readonly number[], long: readonly number[], after: readonly number[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(2 * before.length + 4 * long.length + 2 * after.length));
  let at = 0;
  const put = (numbers: readonly number[], size: 2 | 4) => {
    for (const value of numbers) {
      if (size === 2) view.setUint16(at, value, true);
      else view.setUint32(at, value, true);
      at += size;
    }
  };
  put(before, 2);
  put(long, 4);
  put(after, 2);
  return new Uint8Array(view.buffer);
}
