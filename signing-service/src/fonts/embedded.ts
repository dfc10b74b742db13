import { deflateSync } from 'node:zlib';
import { array, dictionary, name, number, type PdfObject, type PdfReference, string } from '../formats/pdf/object.ts';
import type { IncrementalUpdate } from '../formats/pdf/writer.ts';
import { type FontName, fontFile } from './fonts.ts';
import { readTrueType, type TrueTypeFont } from './true-type.ts';

const parsed = new Map<FontName, TrueTypeFont>();
const smallest = { level: 9 };

/** The font, read once. */
function font(face: FontName): TrueTypeFont {
  const known = parsed.get(face);
  if (known) return known;
  const read = readTrueType(fontFile(face));
  parsed.set(face, read);
  return read;
}

/** Width of a line in points. */
export function widthOf(text: string, face: FontName, size: number): number {
  const used = font(face);
  let units = 0;
  for (const character of text) units += used.advanceOf(used.glyphOf(character.codePointAt(0) ?? 0));
  return (units / used.unitsPerEm) * size;
}

/** A font that a file carries. */
export interface EmbeddedFont {
  readonly reference: PdfReference;
  /** A text of its letters as the hexadecimal string of `Tj`. */
  string(text: string): string;
}

/**
 * Puts the letters of `text` as a composite font with its Unicode map, so that the text can be found and copied
 * (ISO 32000-1 §9.7, §9.10.3).
 */
export function putFont(update: IncrementalUpdate, face: FontName, text: string): EmbeddedFont {
  const used = font(face);
  const named = new Map<number, string>();
  for (const character of text) named.set(used.glyphOf(character.codePointAt(0) ?? 0), character);
  const { file: subset, glyphs } = used.subset([...named.keys()].sort((a, b) => a - b));
  const numbers = new Map(glyphs.map((glyph, index) => [glyph, index]));
  const characters = new Map([...named].map(([glyph, character]) => [numbers.get(glyph) ?? 0, character]));
  const scaled = (units: number) => number(Math.round((units * 1000) / used.unitsPerEm));
  const [file, descriptor, descendant, toUnicode, composite] = [
    update.newReference(),
    update.newReference(),
    update.newReference(),
    update.newReference(),
    update.newReference(),
  ];
  const flate = { Filter: name('FlateDecode') };
  update.put(file, dictionary({ ...flate, Length1: number(subset.length) }), deflateSync(subset, smallest));
  const baseFont = name(`${tagOf(glyphs)}+${used.postScriptName}`);
  update.put(
    descriptor,
    dictionary({
      Type: name('FontDescriptor'),
      FontName: baseFont,
      Flags: number(4),
      FontBBox: array(used.bbox.map(scaled)),
      ItalicAngle: number(0),
      Ascent: scaled(used.ascender),
      Descent: scaled(used.descender),
      CapHeight: scaled(used.capHeight),
      StemV: number(face === 'regular' || face === 'times' ? 80 : 120),
      FontFile2: file,
    }),
  );
  update.put(
    descendant,
    dictionary({
      Type: name('Font'),
      Subtype: name('CIDFontType2'),
      BaseFont: baseFont,
      CIDSystemInfo: dictionary({
        Registry: string(Buffer.from('Adobe')),
        Ordering: string(Buffer.from('Identity')),
        Supplement: number(0),
      }),
      FontDescriptor: descriptor,
      W: array([number(0), array(glyphs.map((glyph): PdfObject => scaled(used.advanceOf(glyph))))]),
      CIDToGIDMap: name('Identity'),
    }),
  );
  update.put(toUnicode, dictionary(flate), deflateSync(Buffer.from(unicodeMap(characters), 'latin1'), smallest));
  update.put(
    composite,
    dictionary({
      Type: name('Font'),
      Subtype: name('Type0'),
      BaseFont: baseFont,
      Encoding: name('Identity-H'),
      DescendantFonts: array([descendant]),
      ToUnicode: toUnicode,
    }),
  );
  return {
    reference: composite,
    string: (line) =>
      hexOf([...line].map((character) => numbers.get(used.glyphOf(character.codePointAt(0) ?? 0)) ?? 0)),
  };
}

const hexOf = (glyphs: readonly number[]) => `<${glyphs.map((glyph) => glyph.toString(16).padStart(4, '0')).join('')}>`;

/** Six capitals before a subset's name, the same for the same letters (ISO 32000-1 §9.6.4). */
function tagOf(glyphs: readonly number[]): string {
  let hash = 2166136261;
  for (const glyph of glyphs) hash = Math.imul(hash ^ glyph, 16777619) >>> 0;
  let tag = '';
  for (let letter = 0; letter < 6; letter++, hash = Math.floor(hash / 26)) tag += String.fromCharCode(65 + (hash % 26));
  return tag;
}

function unicodeMap(characters: ReadonlyMap<number, string>): string {
  const hex = (glyph: number) => glyph.toString(16).padStart(4, '0');
  const lines = [...characters].map(
    ([glyph, character]) => `<${hex(glyph)}> <${Buffer.from(character, 'utf16le').swap16().toString('hex')}>`,
  );
  const blocks: string[] = [];
  for (let at = 0; at < lines.length; at += 100) {
    const block = lines.slice(at, at + 100);
    blocks.push(`${block.length} beginbfchar\n${block.join('\n')}\nendbfchar`);
  }
  return [
    '/CIDInit /ProcSet findresource begin',
    '12 dict begin',
    'begincmap',
    '/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def',
    '/CMapName /Adobe-Identity-UCS def',
    '/CMapType 2 def',
    '1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange',
    ...blocks,
    'endcmap',
    'CMapName currentdict /CMap defineresource pop',
    'end\nend',
  ].join('\n');
}
