import { MalformedPdf } from '../../pdf/malformed.ts';
import { as, integerOf, nameOf, type PdfObject } from '../../pdf/object.ts';

const components: Readonly<Record<string, number>> = {
  G: 1,
  DeviceGray: 1,
  CalGray: 1,
  RGB: 3,
  DeviceRGB: 3,
  CalRGB: 3,
  CMYK: 4,
  DeviceCMYK: 4,
  I: 1,
  Indexed: 1,
};

/**
 * Where the data of an inline image ends, behind its `EI` (ISO 32000-1 §8.9.7). What is not packed has a length that is known;
 * of anything else the first `EI` that stands by itself ends it, as readers have it.
 *
 * @param at behind `ID`
 * @param described keys and values before `ID`
 * @throws MalformedPdf where it ends nowhere
 */
export function endOfInlineImage(bytes: Buffer, at: number, described: readonly PdfObject[]): number {
  const length = plainLength(described);
  const from = length === undefined ? at : at + 1 + length;
  const rest = bytes.toString('latin1', from);
  const found = (
    length === undefined ? /[\0\t\n\f\r ]EI(?=[\0\t\n\f\r ]|$)/u : /^[\0\t\n\f\r ]*EI(?=[\0\t\n\f\r ]|$)/u
  ).exec(rest);
  if (!found) throw new MalformedPdf('an inline image without its end');
  return from + found.index + found[0].length;
}

function plainLength(described: readonly PdfObject[]): number | undefined {
  const entry = (...keys: readonly string[]) =>
    described.find((_, index) => index % 2 === 1 && keys.includes(nameOf(described[index - 1]) ?? ''));
  if (entry('F', 'Filter') !== undefined) return undefined;
  const [width, height] = [integerOf(entry('W', 'Width')), integerOf(entry('H', 'Height'))];
  const isMask = entry('IM', 'ImageMask') === true;
  const space = entry('CS', 'ColorSpace');
  const parts = isMask ? 1 : components[nameOf(as('array', space)?.items[0] ?? space) ?? ''];
  const bits = isMask ? 1 : integerOf(entry('BPC', 'BitsPerComponent'));
  if (width === undefined || height === undefined || parts === undefined || bits === undefined) return undefined;
  return Math.ceil((width * parts * bits) / 8) * height;
}
