/** A TrueType font as far as drawing a line of text needs it (OpenType 1.9: cmap, hmtx, loca, glyf). */
export interface TrueTypeFont {
  readonly unitsPerEm: number;
  readonly ascender: number;
  readonly descender: number;
  readonly bbox: readonly [number, number, number, number];
  readonly capHeight: number;
  readonly postScriptName: string;
  /** Glyph for a code point; 0 when the font has none. */
  glyphOf(codePoint: number): number;
  /** Advance in font units. */
  advanceOf(glyph: number): number;
  /**
   * A font file with the outlines of these glyphs and of what they are made of, numbered anew, and without instructions for the pixels of
   * screens. `glyphs[number]` is the glyph of this font that the new number stands for; 0 is 0.
   */
  subset(wanted: Iterable<number>): { readonly file: Buffer; readonly glyphs: readonly number[] };
}

const kept = ['glyf', 'head', 'hhea', 'hmtx', 'loca', 'maxp'];

/** Reads a font that is ours; a font from outside would need a stricter reader. Throws `RangeError` for a broken one. */
export function readTrueType(file: Buffer): TrueTypeFont {
  const tables = new Map<string, Buffer>();
  for (let index = 0; index < file.readUInt16BE(4); index++) {
    const record = 12 + index * 16;
    const offset = file.readUInt32BE(record + 8);
    tables.set(
      file.toString('latin1', record, record + 4),
      file.subarray(offset, offset + file.readUInt32BE(record + 12)),
    );
  }
  const table = (tag: string): Buffer => {
    const found = tables.get(tag);
    if (!found) throw new RangeError(`the font has no ${tag} table`);
    return found;
  };
  const head = table('head');
  const metricCount = table('hhea').readUInt16BE(34);
  const isLong = head.readInt16BE(50) === 1;
  const location = (glyph: number) =>
    isLong ? table('loca').readUInt32BE(glyph * 4) : table('loca').readUInt16BE(glyph * 2) * 2;
  const outline = (glyph: number) => table('glyf').subarray(location(glyph), location(glyph + 1));
  const advanceOf = (glyph: number) => table('hmtx').readUInt16BE(Math.min(glyph, metricCount - 1) * 4);
  /** Left side bearing; of glyphs beyond the metrics' pairs behind them (OpenType hmtx). */
  const bearingOf = (glyph: number) =>
    table('hmtx').readInt16BE(glyph < metricCount ? glyph * 4 + 2 : metricCount * 4 + (glyph - metricCount) * 2);
  const glyphs = readCharacterMap(table('cmap'));
  return {
    unitsPerEm: head.readUInt16BE(18),
    ascender: table('hhea').readInt16BE(4),
    descender: table('hhea').readInt16BE(6),
    bbox: [head.readInt16BE(36), head.readInt16BE(38), head.readInt16BE(40), head.readInt16BE(42)],
    capHeight: table('OS/2').readInt16BE(88),
    postScriptName: readPostScriptName(table('name')),
    glyphOf: (codePoint) => glyphs(codePoint),
    advanceOf,
    subset: (wanted) => subsetOf({ tables, table, outline, advanceOf, bearingOf }, wanted),
  };
}

/** What a subset is made from. */
interface FontParts {
  readonly tables: ReadonlyMap<string, Buffer>;
  readonly table: (tag: string) => Buffer;
  readonly outline: (glyph: number) => Buffer;
  readonly advanceOf: (glyph: number) => number;
  readonly bearingOf: (glyph: number) => number;
}

function subsetOf(
  { tables, table, outline, advanceOf, bearingOf }: FontParts,
  wanted: Iterable<number>,
): ReturnType<TrueTypeFont['subset']> {
  const own = [0, ...new Set([...wanted].filter((glyph) => glyph !== 0))];
  const needed = [...withComponents(new Set(own), outline)];
  const order = [...own, ...needed.filter((glyph) => !own.includes(glyph))];
  const numbers = new Map(order.map((glyph, index) => [glyph, index]));
  const loca = Buffer.alloc((order.length + 1) * 4);
  const metrics = Buffer.alloc(order.length * 4);
  const outlines: Buffer[] = [];
  let length = 0;
  order.forEach((glyph, index) => {
    const data = renumbered(withoutInstructions(outline(glyph)), numbers);
    const padding = (4 - (data.length % 4)) % 4;
    outlines.push(data, Buffer.alloc(padding));
    length += data.length + padding;
    loca.writeUInt32BE(length, (index + 1) * 4);
    metrics.writeUInt16BE(advanceOf(glyph), index * 4);
    metrics.writeInt16BE(bearingOf(glyph), index * 4 + 2);
  });
  const [head, maximum, header] = [Buffer.from(table('head')), Buffer.from(table('maxp')), Buffer.from(table('hhea'))];
  head.writeInt16BE(1, 50);
  maximum.writeUInt16BE(order.length, 4);
  header.writeUInt16BE(order.length, 34);
  const replaced = new Map([
    ['glyf', Buffer.concat(outlines)],
    ['loca', loca],
    ['head', head],
    ['hmtx', metrics],
    ['maxp', maximum],
    ['hhea', header],
  ]);
  const file = writeFont(
    kept.flatMap((tag) => {
      const data = replaced.get(tag) ?? tables.get(tag);
      return data ? [[tag, data] as const] : [];
    }),
  );
  return { file, glyphs: order };
}

/** A composite outline with its components under their new numbers. */
function renumbered(outline: Buffer, numbers: ReadonlyMap<number, number>): Buffer {
  if (outline.length < 10 || outline.readInt16BE(0) >= 0) return outline;
  const out = Buffer.from(outline);
  let at = 10;
  for (let flags = 0x20; flags & 0x20; ) {
    flags = out.readUInt16BE(at);
    out.writeUInt16BE(numbers.get(out.readUInt16BE(at + 2)) ?? 0, at + 2);
    at += 4 + componentLength(flags);
  }
  return out;
}

/** The Unicode map: format 4 or 12 (OpenType cmap). */
function readCharacterMap(cmap: Buffer): (codePoint: number) => number {
  const subtables = new Map<number, Buffer>();
  for (let index = 0; index < cmap.readUInt16BE(2); index++) {
    const subtable = cmap.subarray(cmap.readUInt32BE(4 + index * 8 + 4));
    const platform = cmap.readUInt16BE(4 + index * 8);
    if (platform === 0 || platform === 3) subtables.set(subtable.readUInt16BE(0), subtable);
  }
  const wide = subtables.get(12);
  const narrow = subtables.get(4);
  if (wide) {
    const groups = wide.readUInt32BE(12);
    return (codePoint) => {
      for (let group = 0; group < groups; group++) {
        const at = 16 + group * 12;
        if (codePoint < wide.readUInt32BE(at)) return 0;
        if (codePoint <= wide.readUInt32BE(at + 4))
          return wide.readUInt32BE(at + 8) + codePoint - wide.readUInt32BE(at);
      }
      return 0;
    };
  }
  if (!narrow) throw new RangeError('the font has no Unicode map');
  const segments = narrow.readUInt16BE(6) / 2;
  const field = (part: number, segment: number) => 14 + part * segments * 2 + (part > 0 ? 2 : 0) + segment * 2;
  return (codePoint) => {
    for (let segment = 0; segment < segments; segment++) {
      if (codePoint > narrow.readUInt16BE(field(0, segment))) continue;
      const start = narrow.readUInt16BE(field(1, segment));
      if (codePoint < start) return 0;
      const delta = narrow.readUInt16BE(field(2, segment));
      const rangeAt = field(3, segment);
      const range = narrow.readUInt16BE(rangeAt);
      if (range === 0) return (codePoint + delta) & 0xffff;
      const glyph = narrow.readUInt16BE(rangeAt + range + (codePoint - start) * 2);
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
    }
    return 0;
  };
}

/** A glyph's outline alone (OpenType glyf): what it tells an interpreter refers to tables that are left out. */
function withoutInstructions(glyph: Buffer): Buffer {
  if (glyph.length < 10) return glyph;
  const contours = glyph.readInt16BE(0);
  if (contours >= 0) {
    const at = 10 + contours * 2;
    const rest = glyph.subarray(at + 2 + glyph.readUInt16BE(at));
    return Buffer.concat([glyph.subarray(0, at), Buffer.alloc(2), rest]);
  }
  const bare = Buffer.from(glyph);
  let at = 10;
  for (let flags = 0x20; flags & 0x20; ) {
    flags = bare.readUInt16BE(at);
    bare.writeUInt16BE(flags & ~0x0100, at); // WE_HAVE_INSTRUCTIONS
    at += 4 + componentLength(flags);
  }
  return bare.subarray(0, at);
}

/** Bytes of a component behind its flags and its glyph. */
const componentLength = (flags: number) =>
  (flags & 0x01 ? 4 : 2) + (flags & 0x08 ? 2 : flags & 0x40 ? 4 : flags & 0x80 ? 8 : 0);

/** Letters with marks are made of others: those are needed too (glyf, composite glyphs). */
function withComponents(glyphs: Set<number>, outline: (glyph: number) => Buffer): Set<number> {
  const waiting = [...glyphs];
  for (let glyph = waiting.pop(); glyph !== undefined; glyph = waiting.pop()) {
    const data = outline(glyph);
    if (data.length < 10 || data.readInt16BE(0) >= 0) continue;
    let at = 10;
    for (let flags = 0x20; flags & 0x20; ) {
      flags = data.readUInt16BE(at);
      const component = data.readUInt16BE(at + 2);
      if (!glyphs.has(component)) {
        glyphs.add(component);
        waiting.push(component);
      }
      at += 4 + componentLength(flags);
    }
  }
  return glyphs;
}

function readPostScriptName(table: Buffer): string {
  const strings = table.readUInt16BE(4);
  for (let index = 0; index < table.readUInt16BE(2); index++) {
    const record = 6 + index * 12;
    if (table.readUInt16BE(record) !== 3 || table.readUInt16BE(record + 6) !== 6) continue;
    const start = strings + table.readUInt16BE(record + 10);
    return Buffer.from(table.subarray(start, start + table.readUInt16BE(record + 8)))
      .swap16()
      .toString('utf16le');
  }
  return 'Font';
}

function writeFont(tables: readonly (readonly [string, Buffer])[]): Buffer {
  const directory = Buffer.alloc(12 + tables.length * 16);
  const power = 2 ** Math.floor(Math.log2(tables.length));
  directory.writeUInt32BE(0x00010000, 0);
  directory.writeUInt16BE(tables.length, 4);
  directory.writeUInt16BE(power * 16, 6);
  directory.writeUInt16BE(Math.log2(power), 8);
  directory.writeUInt16BE((tables.length - power) * 16, 10);
  const parts = [directory];
  let offset = directory.length;
  tables.forEach(([tag, data], index) => {
    const padded = Buffer.alloc(Math.ceil(data.length / 4) * 4);
    data.copy(padded);
    let sum = 0;
    for (let at = 0; at < padded.length; at += 4) sum = (sum + padded.readUInt32BE(at)) >>> 0;
    const record = 12 + index * 16;
    directory.write(tag, record, 'latin1');
    directory.writeUInt32BE(sum, record + 4);
    directory.writeUInt32BE(offset, record + 8);
    directory.writeUInt32BE(data.length, record + 12);
    parts.push(padded);
    offset += padded.length;
  });
  return Buffer.concat(parts);
}
