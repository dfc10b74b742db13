import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { unfilter } from '../pdf/filters.ts';

const maxPixels = 4_000_000;
/** Chunks without which the pixels would be others; what else a file says of itself is not read, and not kept. */
const critical = new Set(['IHDR', 'IDAT', 'IEND']);
/** Of an animated PNG: which of its pictures would be the signature? */
const animated = new Set(['acTL', 'fcTL', 'fdAT']);

/** Eight bits a channel, rows from the top: grey, grey and alpha, colour, colour and alpha by the number of channels. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly pixels: Buffer;
}

/** @throws InvalidInput `sign/image` */
export function refuseImage(vi: string, en: string): never {
  const remedy: Text = {
    vi: 'Dùng tệp PNG 8 bit, không đan xen, không động, tối đa 4 triệu điểm ảnh.',
    en: 'Use an 8-bit PNG, not interlaced, not animated, of at most 4 million pixels.',
  };
  throw new InvalidInput(
    'sign/image',
    { vi: `Không dùng được ảnh này: ${vi}`, en: `This picture cannot be used: ${en}` },
    { remedy },
  );
}

/**
 * The pixels of a PNG (ISO/IEC 15948 §5, §11), read strictly: every chunk whole, nothing behind the last, no more data than its
 * size needs.
 *
 * @throws InvalidInput `sign/image`
 */
export function readPng(bytes: Uint8Array): Pixels {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = chunksOf(file);
  const head = chunks[0]?.type === 'IHDR' && chunks[0].data.length === 13 ? chunks[0].data : undefined;
  if (!head) return refuseImage('không phải ảnh PNG.', 'it is not a PNG.');
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const channels = { 0: 1, 2: 3, 4: 2, 6: 4 }[head[9] ?? -1];
  if (head[8] !== 8 || channels === undefined || head.readUInt16BE(10) !== 0 || head[12] !== 0)
    return refuseImage('loại PNG này không đọc ở đây.', 'this kind of PNG is not read here.');
  if (width * height === 0 || width * height > maxPixels)
    return refuseImage(`${width} × ${height} điểm là quá lớn.`, `${width} × ${height} is too large.`);
  const data = Buffer.concat(chunks.flatMap(({ type, data: part }) => (type === 'IDAT' ? [part] : [])));
  const rowBytes = width * channels;
  try {
    const raw = inflateSync(data, { maxOutputLength: height * (rowBytes + 1) });
    if (raw.length === height * (rowBytes + 1))
      return { width, height, channels, pixels: unfilter(raw, rowBytes, channels) };
  } catch {
    // said below
  }
  return refuseImage('tệp PNG hỏng.', 'the PNG is damaged.');
}

function chunksOf(file: Buffer): { readonly type: string; readonly data: Buffer }[] {
  const chunks: { type: string; data: Buffer }[] = [];
  const notPng = () => refuseImage('không phải ảnh PNG.', 'it is not a PNG.');
  if (file.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return notPng();
  let at = 8;
  while (at < file.length) {
    const length = at + 12 <= file.length ? file.readUInt32BE(at) : Number.MAX_SAFE_INTEGER;
    if (at + 12 + length > file.length) return notPng();
    const type = file.toString('latin1', at + 4, at + 8);
    if (crc32(file.subarray(at + 4, at + 8 + length)) !== file.readUInt32BE(at + 8 + length)) return notPng();
    if (animated.has(type)) return refuseImage('đó là ảnh động.', 'it is animated.');
    if (critical.has(type)) chunks.push({ type, data: file.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
    if (type === 'IEND') break;
  }
  const heads = chunks.filter(({ type }) => type === 'IHDR').length;
  return at === file.length && heads === 1 && chunks.at(-1)?.type === 'IEND' ? chunks : notPng();
}

/** A PNG of one colour in sixteen depths: four bits a pixel, rows padded to bytes. */
export function writePng(
  { width, height, rows }: { readonly width: number; readonly height: number; readonly rows: Buffer },
  [red, green, blue]: readonly [number, number, number],
): Buffer {
  const rowBytes = Math.ceil(width / 2);
  const filtered = Buffer.alloc(height * (rowBytes + 1)); // filter 0 before each row
  for (let y = 0; y < height; y++) rows.copy(filtered, y * (rowBytes + 1) + 1, y * rowBytes, (y + 1) * rowBytes);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([4, 3, 0, 0, 0], 8); // four bits, by a palette
  const depths = Array.from({ length: 16 }, (_, level) => level * 17);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(depths.flatMap(() => [red, green, blue]))),
    chunk('tRNS', Buffer.from(depths)),
    chunk('IDAT', deflateSync(filtered, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
