import { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import type { Place } from '../formats/format.ts';
import { coveredAt } from '../formats/pades/changes/covering.ts';
import { openPdf, type PdfView } from '../formats/pdf/document.ts';
import type { PdfDictionary } from '../formats/pdf/object.ts';
import { type Box, pagesOf, visibleBoxOf } from '../formats/pdf/pages.ts';
import { findText } from './text-finder.ts';

/** Where somebody wants a visible block: at a place of a page, or under a text that the page shows. */
export type WishedPlace =
  | { readonly page: number | 'last'; readonly rect: readonly [number, number, number, number] }
  | {
      readonly anchor: {
        readonly text: string;
        /** Which of the places where the text stands, from 1; the last one when absent. */
        readonly occurrence?: number | undefined;
      };
      readonly width?: number | undefined;
      readonly height?: number | undefined;
    };

/** Size of a block under an anchor, in points: a name, an office and a time can be read in it. */
const usualSize = { width: 168, height: 56 } as const;
const leastSize = { width: 90, height: 28 } as const;
/** What a later signature may take of a page (ADR 0058): more would be refused when the file is verified. */
const mostOfPage = 0.2;
/** Between an anchor and the block under it. */
const gap = 4;

/**
 * The places of all blocks of a document, checked as our own verification will check them: inside their page, not too large,
 * over no text and no other annotation, none over another.
 *
 * @throws InvalidInput `signing/place`, naming the block by its pointer
 */
export async function placeBlocks(
  file: Buffer,
  wishes: readonly { readonly place: WishedPlace; readonly pointer: string }[],
): Promise<Place[]> {
  const view = openPdf(file).current;
  const catalog = view.dictionary(view.trailer.entries.get('Root'));
  const pages = catalog ? [...pagesOf(view, catalog)] : [];
  const places: Place[] = [];
  for (const [index, { place: wish, pointer }] of wishes.entries()) {
    const refused = (detail: Text) => blockRefused(index, pointer, detail);
    const { page: wished, rect } = await located(file, wish, refused);
    const page = wished === 'last' ? pages.length - 1 : wished;
    const reference = pages[page];
    const dictionary = reference && view.dictionary(reference);
    if (!dictionary) throw refused({ vi: 'Không có trang này.', en: 'There is no such page.' });
    const fault = faultOf(view, dictionary, rect);
    if (fault) throw refused(fault);
    const other = places.findIndex((place) => place.page === page && overlaps(place.rect, rect));
    if (other >= 0) {
      throw refused({
        vi: `Ô chữ ký này đè lên ô chữ ký thứ ${other + 1}.`,
        en: `This block lies over block ${other + 1}.`,
      });
    }
    places.push({ page, rect });
  }
  return places;
}

/** Where the first page ends, in points. @throws InvalidInput for a file without one */
export function firstPage(file: Buffer): { readonly right: number; readonly top: number } {
  const view = openPdf(file).current;
  const catalog = view.dictionary(view.trailer.entries.get('Root'));
  const [first] = catalog ? pagesOf(view, catalog) : [];
  const page = first && view.dictionary(first);
  if (!page) throw blockRefused(0, '/signers/0/place', { vi: 'Không có trang này.', en: 'There is no such page.' });
  const [, , right, top] = visibleBoxOf(view, page);
  return { right, top };
}

async function located(file: Buffer, wish: WishedPlace, refused: (detail: Text) => InvalidInput): Promise<Place> {
  if ('rect' in wish) return { page: wish.page === 'last' ? 'last' : wish.page - 1, rect: wish.rect };
  const { anchor, width = usualSize.width, height = usualSize.height } = wish;
  const found = await findText(file, anchor.text);
  const match = anchor.occurrence === undefined ? found.at(-1) : found[anchor.occurrence - 1];
  if (!match) {
    throw refused({
      vi: `Không thấy chữ «${anchor.text}»${anchor.occurrence ? ` lần thứ ${anchor.occurrence}` : ''} trong tệp.`,
      en: `The text "${anchor.text}" is not in the file${anchor.occurrence ? ` ${anchor.occurrence} times` : ''}.`,
    });
  }
  const top = match.bottom - gap;
  return { page: match.page, rect: [match.left, top - height, match.left + width, top] };
}

function faultOf(view: PdfView, page: PdfDictionary, rect: Box): Text | undefined {
  const [left, bottom, right, top] = rect;
  const [pageLeft, pageBottom, pageRight, pageTop] = visibleBoxOf(view, page);
  const [width, height] = [right - left, top - bottom];
  if (width < leastSize.width || height < leastSize.height) {
    const least = `${leastSize.width} × ${leastSize.height}`;
    return { vi: `Ô chữ ký nhỏ hơn ${least} điểm.`, en: `The block is smaller than ${least} points.` };
  }
  if (left < pageLeft || bottom < pageBottom || right > pageRight || top > pageTop)
    return { vi: 'Ô chữ ký ra ngoài trang.', en: 'The block extends beyond the page.' };
  if (width * height > mostOfPage * (pageRight - pageLeft) * (pageTop - pageBottom))
    return { vi: 'Ô chữ ký lớn hơn một phần năm trang.', en: 'The block is larger than a fifth of the page.' };
  const covered = coveredAt(view, page, rect);
  if (covered === 'text') return { vi: 'Ô chữ ký che chữ của văn bản.', en: 'The block covers text of the document.' };
  if (covered === 'picture') return { vi: 'Ô chữ ký che một hình của văn bản.', en: 'The block covers a picture.' };
  if (covered === 'content that cannot be read')
    return { vi: 'Không đọc được nội dung của trang này.', en: 'The content of this page cannot be read.' };
  // On a scan every block lies over the picture of the paper.
  return covered === 'annotation'
    ? { vi: 'Ô chữ ký che một ô khác của tệp.', en: 'The block covers something else in the file.' }
    : undefined;
}

function overlaps(one: Box, other: Box): boolean {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
}

/** A block is asked for in a file that has no pages. */
export function noPages(pointer: string): InvalidInput {
  const detail = { vi: 'Tệp này không có trang.', en: 'This file has no pages.' };
  return new InvalidInput(
    'signing/place',
    {
      vi: 'Định dạng này không có ô chữ ký trên trang.',
      en: 'This format has no visible block.',
    },
    { remedy: { vi: 'Bỏ vị trí của ô chữ ký.', en: 'Leave the place out.' }, fields: [{ pointer, detail }] },
  );
}

function blockRefused(index: number, pointer: string, detail: Text): InvalidInput {
  return new InvalidInput(
    'signing/place',
    { vi: `Ô chữ ký thứ ${index + 1}: ${detail.vi}`, en: `Block ${index + 1}: ${detail.en}` },
    {
      remedy: { vi: 'Chọn chỗ trống khác trên trang.', en: 'Choose another, empty place on the page.' },
      fields: [{ pointer, detail }],
    },
  );
}
