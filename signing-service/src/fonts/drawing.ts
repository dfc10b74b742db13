import { create } from 'fontkit';
import { type FontName, fontFile } from './fonts.ts';

const read = new Map<FontName, ReturnType<typeof create>>();

/**
 * The font as pdfkit draws with it, read once: its tables are decoded as they are needed, which is two thirds of the
 * work of a drawing that reads them anew. Whoever draws does so without awaiting anything in between: the font
 * remembers for a glyph the letters that it first stood for, and forgets here what the drawing before made of it (those
 * it lacks share one), so that a document does not depend on the one before.
 */
export function drawingFont(name: FontName): Buffer {
  const font = read.get(name) ?? create(fontFile(name));
  read.set(name, font);
  Object.assign(font, { _glyphs: {} });
  return font as unknown as Buffer; // pdfkit takes a font of fontkit's too; its types do not say so
}
