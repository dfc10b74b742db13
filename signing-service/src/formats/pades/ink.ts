import { deflateSync, inflateSync } from 'node:zlib';
import { dictionary, name, number, type PdfReference } from '../pdf/object.ts';
import type { IncrementalUpdate } from '../pdf/writer.ts';
import { type Pixels, readPng, refuseImage, writePng } from './png.ts';

/** A handwritten signature or a seal as ink on nothing: how much of it lies where. Its colour is not its own. */
export interface Ink {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Four bits a pixel, 15 where the ink is full, rows padded to bytes; deflated (zlib). */
  readonly mask: Buffer;
}

/** Decree 30/2020/NĐ-CP, annex I: a person's signature is blue, an organisation's seal red. */
const inkColours = { blue: [28, 57, 148], red: [200, 22, 29] } as const;
export type InkColour = keyof typeof inkColours;

/** What is drawn of it at most, in pixels: 300 dots an inch of a signature 40 mm wide, or a seal of 36 mm. */
const mostPixels = { signature: { width: 480, height: 240 }, seal: { width: 426, height: 426 } } as const;
/** Each signature carries its picture anew: with the rest of a signature it stays under 20 kB. */
const mostBytes = 6_000;
/** Paper is not white: less than this is no ink. */
const paper = 44;
/** Part of the picture that may be ink: less is empty, more is a photograph. */
const leastInk = 0.002;
const mostInk = 0.7;

/**
 * The ink of a PNG: transparent as it came, or dark on light paper; cut to what is drawn, and as fine as fits.
 *
 * @throws InvalidInput `sign/image`
 */
export function inkOf(png: Uint8Array, kind: keyof typeof mostPixels): Ink {
  const { width, height, ink } = inkIn(readPng(png));
  const [left, top, right, bottom] = drawnPart(ink, width, height);
  const part = { left, top, width: right - left, height: bottom - top };
  const covered = ink.reduce((sum, value) => sum + (value > 127 ? 1 : 0), 0) / (part.width * part.height || 1);
  if (covered < leastInk) refuseImage('ảnh trống.', 'it is empty.');
  if (covered > mostInk) refuseImage('không phải nét mực trên nền trống.', 'it is not ink on an empty ground.');
  const most = mostPixels[kind];
  let scale = Math.min(1, most.width / part.width, most.height / part.height);
  for (;;) {
    const size = {
      width: Math.max(1, Math.round(part.width * scale)),
      height: Math.max(1, Math.round(part.height * scale)),
    };
    const mask = deflateSync(packed(ink, width, part, size), { level: 9 });
    if (mask.length <= mostBytes) return { ...size, mask };
    scale *= 0.85;
  }
}

function inkIn({ width, height, channels, pixels }: Pixels) {
  const hasAlpha = channels === 2 || channels === 4;
  const colours = hasAlpha ? channels - 1 : channels;
  const ink = new Uint8Array(width * height);
  let isTransparent = false;
  for (let at = 0; at < ink.length; at++) {
    const alpha = hasAlpha ? (pixels[at * channels + colours] ?? 0) : 255;
    if (alpha < 128) isTransparent = true;
    ink[at] = alpha;
  }
  if (isTransparent) return { width, height, ink };
  for (let at = 0; at < ink.length; at++) {
    let least = 255; // red on white is ink too
    for (let channel = 0; channel < colours; channel++) least = Math.min(least, pixels[at * channels + channel] ?? 0);
    ink[at] = Math.max(0, ((255 - least - paper) * 255) / (255 - paper));
  }
  return { width, height, ink };
}

function drawnPart(ink: Uint8Array, width: number, height: number): readonly [number, number, number, number] {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((ink[y * width + x] ?? 0) < 48) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  if (right === 0) refuseImage('ảnh trống.', 'it is empty.');
  return [left, top, right, bottom];
}

interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The part at another size, each pixel the mean of those it stands for, in sixteen depths. */
function packed(ink: Uint8Array, stride: number, part: Part, size: Pick<Ink, 'width' | 'height'>): Buffer {
  const rowBytes = Math.ceil(size.width / 2);
  const rows = Buffer.alloc(rowBytes * size.height);
  const edge = (index: number, from: number, length: number, count: number) =>
    from + Math.floor((index * length) / count);
  for (let y = 0; y < size.height; y++) {
    const [y0, y1] = [edge(y, part.top, part.height, size.height), edge(y + 1, part.top, part.height, size.height)];
    for (let x = 0; x < size.width; x++) {
      const [x0, x1] = [edge(x, part.left, part.width, size.width), edge(x + 1, part.left, part.width, size.width)];
      let sum = 0;
      for (let row = y0; row < Math.max(y1, y0 + 1); row++)
        for (let column = x0; column < Math.max(x1, x0 + 1); column++) sum += ink[row * stride + column] ?? 0;
      const level = Math.round(sum / (Math.max(y1 - y0, 1) * Math.max(x1 - x0, 1)) / 17);
      rows[y * rowBytes + (x >> 1)] = (rows[y * rowBytes + (x >> 1)] ?? 0) | (x % 2 === 0 ? level << 4 : level);
    }
  }
  return rows;
}

/** The ink as a picture for a screen, made anew: nothing is in it but the ink. */
export function pngOf({ width, height, mask }: Ink, colour: InkColour): Buffer {
  return writePng({ width, height, rows: inflateSync(mask) }, inkColours[colour]);
}

/** Puts the ink as one dot of colour behind a soft mask (ISO 32000-1 §11.6.5.3). */
export function putInk(update: IncrementalUpdate, { width, height, mask }: Ink, colour: InkColour): PdfReference {
  const image = (size: Pick<Ink, 'width' | 'height'>, space: string, bits: number, softMask?: PdfReference) =>
    dictionary({
      Type: name('XObject'),
      Subtype: name('Image'),
      Width: number(size.width),
      Height: number(size.height),
      ColorSpace: name(space),
      BitsPerComponent: number(bits),
      Filter: name('FlateDecode'),
      SMask: softMask,
    });
  const softMask = update.newReference();
  update.put(softMask, image({ width, height }, 'DeviceGray', 4), mask);
  const reference = update.newReference();
  update.put(
    reference,
    image({ width: 1, height: 1 }, 'DeviceRGB', 8, softMask),
    deflateSync(Buffer.from(inkColours[colour])),
  );
  return reference;
}
