import { crc32, deflateSync } from 'node:zlib';

/** A chunk of a PNG, whole. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
}

type Dot = readonly [red: number, green: number, blue: number, alpha: number];

/** An RGBA picture, with other chunks before its pixels; `claims` is the size that it says it has. */
export function pngOfDots(
  width: number,
  height: number,
  dot: (x: number, y: number) => Dot,
  {
    extra = [],
    claims = [width, height],
  }: { readonly extra?: readonly Buffer[]; readonly claims?: readonly number[] } = {},
): Buffer {
  const rows = Buffer.alloc(height * (width * 4 + 1));
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rows.set(dot(x, y), y * (width * 4 + 1) + 1 + x * 4);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(claims[0] ?? 0, 0);
  head.writeUInt32BE(claims[1] ?? 0, 4);
  head.set([8, 6], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', head),
    ...extra,
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

const nothing: Dot = [0, 0, 0, 0];

/** A flourish in black ink on nothing. */
export const flourish = (): Buffer =>
  pngOfDots(600, 220, (x, y) =>
    Math.abs(y - 110 - 80 * Math.sin(x / 40) * Math.cos(x / 300)) < 5 ? [10, 10, 10, 255] : nothing,
  );

/** A round seal in red on paper that is not quite white. */
export const roundSeal = (): Buffer =>
  pngOfDots(500, 500, (x, y) => {
    const far = Math.hypot(x - 250, y - 250);
    const isRing = (far > 225 && far < 240) || (far > 150 && far < 158);
    const isStar = far < 70 && Math.abs(Math.sin(2.5 * Math.atan2(y - 250, x - 250))) < 0.5;
    return isRing || isStar ? [205, 30, 40, 255] : [244, 243, 238, 255];
  });
