import { deflateSync, inflateSync } from 'node:zlib';
import { InvalidInput } from '@edutrust/platform/errors';
import { unfilter } from '../pdf/filters.ts';
import { dictionary, name, number, type PdfReference } from '../pdf/object.ts';
import type { IncrementalUpdate } from '../pdf/writer.ts';

const maxPixels = 4_000_000;

function refuse(): never {
  throw new InvalidInput('sign/image', {
    vi: 'Ảnh chữ ký phải là tệp PNG 8 bit, không đan xen, tối đa 4 triệu điểm ảnh.',
    en: 'The signature image must be an 8-bit PNG, not interlaced, of at most 4 million pixels.',
  });
}

/**
 * Puts a PNG (8 bits, grey or colour, with or without transparency) as an image with its soft mask.
 * Throws `InvalidInput` `sign/image` for another kind.
 */
export function putImage(
  update: IncrementalUpdate,
  png: Uint8Array,
): { readonly reference: PdfReference; readonly width: number; readonly height: number } {
  const { width, height, channels, pixels } = readPng(Buffer.from(png.buffer, png.byteOffset, png.byteLength));
  const hasAlpha = channels === 2 || channels === 4;
  const colours = hasAlpha ? channels - 1 : channels;
  const colour = Buffer.alloc(width * height * colours);
  const alpha = Buffer.alloc(hasAlpha ? width * height : 0);
  for (let pixel = 0; pixel < width * height; pixel++) {
    pixels.copy(colour, pixel * colours, pixel * channels, pixel * channels + colours);
    if (hasAlpha) alpha[pixel] = pixels[pixel * channels + colours] ?? 0;
  }
  const image = (space: string, mask?: PdfReference) =>
    dictionary({
      Type: name('XObject'),
      Subtype: name('Image'),
      Width: number(width),
      Height: number(height),
      ColorSpace: name(space),
      BitsPerComponent: number(8),
      Filter: name('FlateDecode'),
      SMask: mask,
    });
  const mask = hasAlpha ? update.newReference() : undefined;
  if (mask) update.put(mask, image('DeviceGray'), deflateSync(alpha));
  const reference = update.newReference();
  update.put(reference, image(colours === 3 ? 'DeviceRGB' : 'DeviceGray', mask), deflateSync(colour));
  return { reference, width, height };
}

/** PNG, ISO/IEC 15948 §5 and §11. */
function readPng(file: Buffer) {
  const isPng =
    file.length > 33 && file.toString('latin1', 1, 8) === 'PNG\r\n\x1a\n' && file.toString('latin1', 12, 16) === 'IHDR';
  if (!isPng) refuse();
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  const [depth, colourType, interlace] = [file[24], file[25] ?? -1, file[28]];
  const channels = { 0: 1, 2: 3, 4: 2, 6: 4 }[colourType];
  if (depth !== 8 || channels === undefined || interlace !== 0 || width * height > maxPixels || width * height === 0)
    refuse();
  const data: Buffer[] = [];
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at);
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(file.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const rowBytes = width * channels;
  try {
    const raw = inflateSync(Buffer.concat(data), { maxOutputLength: height * (rowBytes + 1) });
    if (raw.length !== height * (rowBytes + 1)) refuse();
    return { width, height, channels, pixels: unfilter(raw, rowBytes, channels) };
  } catch {
    refuse();
  }
}
