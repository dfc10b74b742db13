import { Inflate } from 'pako';
import { Buffer } from './buffer.ts';

/** What the judge uses of node:zlib, for a browser, with pako, which is zlib written anew: also what it refuses is the same. */

/** As node:zlib throws it when there is more than `maxOutputLength`. */
class TooLarge extends RangeError {
  readonly code = 'ERR_BUFFER_TOO_LARGE';
}

/** Of output that is looked at together: Node's own, so that of two faults of the data the same one is found. */
const chunkSize = 16_384;

/** What was in the data, and how many bytes of it that took. @throws Error when it is damaged or cut short */
function inflate(packed: Uint8Array, format: 'raw' | 'zlib', mostBytes: number) {
  const inflator = new Inflate({ chunkSize, ...(format === 'raw' ? { raw: true } : { windowBits: 15 }) });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  inflator.onData = (part) => {
    bytes += part.length;
    if (bytes > mostBytes && part.length === chunkSize) throw new TooLarge();
    parts.push(part);
  };
  if (!inflator.push(packed, true)) throw new Error('damaged compressed data');
  if (bytes > mostBytes) throw new TooLarge();
  return { buffer: Buffer.concat(parts), used: inflator.strm.total_in };
}

interface Options {
  readonly maxOutputLength: number;
}

/** The zlib format (RFC 1950); what follows its checksum is passed over. */
export function inflateSync(packed: Uint8Array, { maxOutputLength }: Options) {
  return inflate(packed, 'zlib', maxOutputLength).buffer;
}

/** Raw data (RFC 1951), with what `info` adds in Node. */
export function inflateRawSync(packed: Uint8Array, { maxOutputLength }: Options & { readonly info: true }) {
  const { buffer, used } = inflate(packed, 'raw', maxOutputLength);
  return { buffer, engine: { bytesWritten: used } };
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** `before`: the checksum of what stands before these bytes. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let value = ~before >>> 0;
  for (const byte of bytes) value = (crcTable[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
