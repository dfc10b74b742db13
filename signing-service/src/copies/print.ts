import { deflateSync } from 'node:zlib';
import { wallClockInVietnam } from '@edutrust/platform/calendar';
import { encode } from 'uqr';
import { type EmbeddedFont, putFont, widthOf } from '../fonts/embedded.ts';
import type { FontName } from '../fonts/fonts.ts';
import { openPdf, type PdfView } from '../formats/pdf/document.ts';
import { MalformedPdf } from '../formats/pdf/malformed.ts';
import {
  array,
  as,
  dictionary,
  integerOf,
  name,
  nameOf,
  number,
  type PdfDictionary,
  type PdfObject,
  type PdfReference,
  withEntries,
} from '../formats/pdf/object.ts';
import { type Box, inherited, pagesOf, visibleBoxOf } from '../formats/pdf/pages.ts';
import { IncrementalUpdate } from '../formats/pdf/writer.ts';

/** What stands on paper that was made from an electronic document (Decree 137/2024/ND-CP, article 5). */
export interface ConversionBlock {
  /** The own mark of a converted document, such as `Bản in giấy số 12/SY, năm 2026`. */
  readonly mark: string;
  /** The system, and who owns it. */
  readonly system: string;
  readonly owner: string;
  /** With its scheme: the link to look it up, also in the QR. */
  readonly address: string;
  /** As printed. */
  readonly code: string;
  readonly convertedAt: Date;
  /** Full name of who converts. */
  readonly convertedBy: string;
}

/** Height of the strip below each page, in points. */
const stripHeight = 62;

/**
 * The document as it is put on paper: every page as it was, with a strip below it that says what the paper is. Nothing of the page is covered. The
 * blocks of its signatures stay to be read, but no field is a signature any more: this file is not the original and does not pass for it.
 *
 * @throws MalformedPdf
 */
export function makePrint(pdf: Uint8Array, block: ConversionBlock): Buffer {
  const file = openPdf(pdf);
  const view = file.current;
  const update = new IncrementalUpdate(file);
  const root = as('reference', view.trailer.entries.get('Root'));
  const catalog = view.dictionary(root);
  if (!root || !catalog) throw new MalformedPdf('no catalogue');
  update.put(root, withEntries(catalog, { AcroForm: undefined, Perms: undefined }));
  const pages = [...pagesOf(view, catalog)];
  const lines = pages.map((_, index) => linesOf(block, index + 1, pages.length));
  const texts = (weight: FontName) =>
    lines
      .flat()
      .map((line) => (line.weight === weight ? line.text : ''))
      .join('');
  const fonts: Fonts = {
    regular: putFont(update, 'regular', texts('regular')),
    semibold: putFont(update, 'semibold', texts('semibold')),
  };
  const before = putStream(update, 'q\n');
  pages.forEach((reference, index) => {
    const page = view.dictionary(reference);
    if (!page) throw new MalformedPdf('no page');
    putPage(update, view, {
      reference,
      page,
      before,
      fonts,
      content: stripOf(view, page, { lines: lines[index] ?? [], fonts, address: block.address }),
    });
  });
  return update.finish();
}

interface Line {
  readonly text: string;
  readonly weight: 'regular' | 'semibold';
}
type Fonts = Readonly<Record<Line['weight'], EmbeddedFont>>;

function linesOf(block: ConversionBlock, page: number, count: number): readonly Line[] {
  const at = `${wallClockInVietnam(block.convertedAt).toISOString().slice(0, 19)}+07:00`; // ISO 8601, Vietnam's time
  return [
    { text: `${block.mark} · Mã tra cứu ${block.code} · Trang ${page}/${count}`, weight: 'semibold' },
    {
      text: `Bản giấy chuyển từ văn bản điện tử có ký số. Hệ thống: ${block.system}; chủ quản: ${block.owner}.`,
      weight: 'regular',
    },
    { text: `Xem bản gốc và kiểm tra tại ${block.address.replace(/^https?:\/\//u, '')}`, weight: 'regular' },
    { text: `Chuyển đổi lúc ${at}. Người chuyển đổi: ${block.convertedBy}.`, weight: 'regular' },
  ].map((line) => ({ text: line.text.normalize('NFC'), weight: line.weight as Line['weight'] }));
}

/** What stands in a strip. */
interface StripWish {
  readonly lines: readonly Line[];
  readonly fonts: Fonts;
  readonly address: string;
}

interface Strip {
  readonly content: string;
  readonly box: Box;
}

/** The strip at what is the page's foot for who looks at it (/Rotate, ISO 32000-1 §7.7.3.3). */
function stripOf(view: PdfView, page: PdfDictionary, wish: StripWish): Strip {
  const [left, bottom, right, top] = visibleBoxOf(view, page);
  const turned = (((integerOf(inherited(view, page, 'Rotate')) ?? 0) % 360) + 360) % 360;
  const [box, matrix, width]: [Box, string, number] =
    turned === 90
      ? [[left, bottom, right + stripHeight, top], `0 1 -1 0 ${at(right + stripHeight)} ${at(bottom)}`, top - bottom]
      : turned === 180
        ? [[left, bottom, right, top + stripHeight], `-1 0 0 -1 ${at(right)} ${at(top + stripHeight)}`, right - left]
        : turned === 270
          ? [[left - stripHeight, bottom, right, top], `0 -1 1 0 ${at(left - stripHeight)} ${at(top)}`, top - bottom]
          : [[left, bottom - stripHeight, right, top], `1 0 0 1 ${at(left)} ${at(bottom - stripHeight)}`, right - left];
  return { box, content: `Q\n/Artifact BMC q ${matrix} cm\n${drawStrip(width, wish)}Q EMC\n` };
}

const margin = 40;
const qrSize = 44;

function drawStrip(width: number, { lines, fonts, address }: StripWish): string {
  let content = `1 g 0 0 ${at(width)} ${stripHeight} re f 0 G 0.5 w ${margin} ${stripHeight - 4} m ${at(width - margin)} ${stripHeight - 4} l S 0 g\n`;
  const { data, size } = encode(address, { ecc: 'M', border: 0 });
  const side = qrSize / size;
  data.forEach((row, line) => {
    for (let from = 0; from < size; from++) {
      let to = from;
      while (to < size && row[to]) to++;
      if (to > from)
        content += `${at(margin + from * side)} ${at(stripHeight - 10 - (line + 1) * side)} ${at((to - from) * side)} ${at(side)} re\n`;
      from = Math.max(from, to);
    }
  });
  content += 'f BT\n';
  const textLeft = margin + qrSize + 10;
  lines.forEach(({ text, weight }, index) => {
    const wished = 8;
    const fitted = Math.min(wished, wished * ((width - margin - textLeft) / widthOf(text, weight, wished)));
    content += `/EduTrust-${weight} ${at(fitted)} Tf 1 0 0 1 ${at(textLeft)} ${at(stripHeight - 17 - index * 11)} Tm ${fonts[weight].string(text)} Tj\n`;
  });
  return `${content}ET\n`;
}

interface PagePut {
  readonly reference: PdfReference;
  readonly page: PdfDictionary;
  readonly before: PdfReference;
  readonly fonts: Fonts;
  readonly content: Strip;
}

/** The page with its strip; what its own content left of the graphics state ends before. Widgets of signatures become stamps: their blocks are printed. */
function putPage(update: IncrementalUpdate, view: PdfView, { reference, page, before, fonts, content }: PagePut): void {
  const own = page.entries.get('Contents');
  const parts = view.array(own) ?? (own === undefined ? [] : [own]);
  const resources = view.dictionary(inherited(view, page, 'Resources')) ?? dictionary({});
  const ownFonts = view.dictionary(resources.entries.get('Font')) ?? dictionary({});
  const box = array(content.box.map(number));
  for (const annotation of view.array(page.entries.get('Annots')) ?? []) putStamp(update, view, annotation);
  update.put(
    reference,
    withEntries(page, {
      Contents: array([before, ...parts, putStream(update, content.content)]),
      Resources: withEntries(resources, {
        Font: withEntries(ownFonts, {
          'EduTrust-regular': fonts.regular.reference,
          'EduTrust-semibold': fonts.semibold.reference,
        }),
      }),
      MediaBox: box,
      CropBox: box,
    }),
  );
}

function putStamp(update: IncrementalUpdate, view: PdfView, annotation: PdfObject): void {
  const own = as('reference', annotation);
  const found = view.dictionary(annotation);
  if (!own || !found || nameOf(view.resolve(found.entries.get('Subtype'))) !== 'Widget') return;
  // What a screen reader says of the field it says of the stamp.
  const { entries } = withEntries(found, { Subtype: name('Stamp'), Contents: found.entries.get('TU') });
  const kept = [...entries].filter(
    ([key]) => !['FT', 'V', 'T', 'TU', 'Ff', 'DA', 'MK', 'Parent', 'Kids', 'Lock', 'SV', 'A', 'AA'].includes(key),
  );
  update.put(own, { kind: 'dictionary', entries: new Map(kept) });
  const element = structureOf(view, found);
  if (element) update.put(element.reference, withEntries(element.found, { S: name('Annot') }));
}

/** The `Form` of the structure that holds the widget (ISO 32000-1 §14.7.4.4), where the document has one. */
function structureOf(view: PdfView, widget: PdfDictionary) {
  const catalog = view.dictionary(view.trailer.entries.get('Root'));
  const parents = view.dictionary(view.dictionary(catalog?.entries.get('StructTreeRoot'))?.entries.get('ParentTree'));
  const numbers = view.array(parents?.entries.get('Nums')) ?? [];
  const key = integerOf(view.resolve(widget.entries.get('StructParent') ?? null));
  const place = numbers.findIndex((one, index) => index % 2 === 0 && integerOf(one) === key);
  const reference = key === undefined ? undefined : as('reference', numbers[place + 1]);
  const found = view.dictionary(reference);
  return reference && found && nameOf(found.entries.get('S')) === 'Form' ? { reference, found } : undefined;
}

function putStream(update: IncrementalUpdate, content: string): PdfReference {
  const own = update.newReference();
  update.put(own, dictionary({ Filter: name('FlateDecode') }), deflateSync(Buffer.from(content, 'latin1')));
  return own;
}

const at = (value: number) => number(value).text;
