import type { ChangedPage } from '../../../validation/later-change.ts';
import type { PdfView } from '../../pdf/document.ts';
import { MalformedPdf, PdfBeyondLimits } from '../../pdf/malformed.ts';
import { as, integerOf, type PdfObject } from '../../pdf/object.ts';
import { type Box, boxOf, inherited, pagesOf, visibleBoxOf } from '../../pdf/pages.ts';
import { childrenOf } from './comparison.ts';

/** Entries that lead away from what is shown: to the page or field above, to another annotation, to where a link goes. */
const away = new Set(['Parent', 'P', 'IRT', 'Popup', 'Dest', 'A', 'AA', 'B', 'Next', 'Prev']);

/** What the pages of a document are drawn from. */
interface Drawn {
  /** Numbers of the page objects, in the order of the pages. */
  readonly pages: readonly number[];
  /** Of each object that a page is drawn from, the objects that use it. */
  readonly users: ReadonlyMap<number, ReadonlySet<number>>;
}

/** Once a document, however many signatures it carries. */
const known = new WeakMap<PdfView, Drawn>();

/**
 * The pages on which any of the objects shows: those that are drawn from it, each once. An object that several pages share is
 * on each of them; what no page is drawn from, or a block without an area, is on none.
 */
export function pagesShowing(view: PdfView, objects: readonly number[]): ChangedPage[] {
  try {
    return objects.length > 0 ? showing(view, objects) : [];
  } catch (error) {
    // The verdict does not hang on it: of pages that cannot be read nothing is said.
    if (error instanceof MalformedPdf || error instanceof PdfBeyondLimits) return [];
    throw error;
  }
}

function showing(view: PdfView, objects: readonly number[]): ChangedPage[] {
  const drawn = known.get(view) ?? drawnFrom(view);
  known.set(view, drawn);
  const found = new Map<number, ChangedPage>();
  for (const number of objects) {
    const annotation = as('dictionary', view.get(number));
    const rect = annotation?.entries.get('Rect');
    const box = rect && boxOf(view, rect);
    if (rect && !box) continue;
    for (const page of usersOf(drawn, number)) {
      const area = box && areaOn(view, page, box);
      const at = drawn.pages.indexOf(page) + 1;
      found.set(at, { page: at, ...(area ? { area } : {}) });
    }
  }
  return [...found.values()].sort((one, other) => one.page - other.page);
}

/** The pages that an object leads up to. */
function usersOf({ pages, users }: Drawn, number: number): number[] {
  const isPage = new Set(pages);
  const seen = new Set([number]);
  for (const one of seen) {
    if (!isPage.has(one)) for (const user of users.get(one) ?? []) seen.add(user);
  }
  return [...seen].filter((one) => isPage.has(one));
}

function drawnFrom(view: PdfView): Drawn {
  const catalog = view.dictionary(view.trailer.entries.get('Root'));
  const pages = catalog ? [...pagesOf(view, catalog)].map(({ number }) => number) : [];
  const users = new Map<number, Set<number>>(pages.map((number) => [number, new Set()]));
  const waiting = pages.flatMap((user) => {
    const page = view.dictionary(view.get(user));
    if (!page) return [];
    return [...shownBy(page), inherited(view, page, 'Resources')].map((value) => ({ user, value }));
  });
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { user, value } = next;
    const link = as('reference', value);
    if (!link) {
      for (const child of shownBy(value)) waiting.push({ user, value: child });
      continue;
    }
    const before = users.get(link.number);
    if (before) before.add(user);
    else {
      users.set(link.number, new Set([user]));
      waiting.push({ user: link.number, value: view.get(link.number, link.generation) });
    }
  }
  return { pages, users };
}

function shownBy(value: PdfObject): readonly PdfObject[] {
  const entries = (as('stream', value)?.dictionary ?? as('dictionary', value))?.entries;
  return entries ? [...entries].flatMap(([key, entry]) => (away.has(key) ? [] : [entry])) : childrenOf(value);
}

/** Of a page that is turned the place is not said: only that it is on this page. */
function areaOn(view: PdfView, number: number, box: Box): ChangedPage['area'] {
  const page = as('dictionary', view.get(number));
  if (!page || integerOf(inherited(view, page, 'Rotate'))) return undefined;
  const [left, bottom, right, top] = visibleBoxOf(view, page);
  const part = (value: number) => Math.min(Math.max(value, 0), 1);
  const [x, y] = [part((box[0] - left) / (right - left)), part((top - box[3]) / (top - bottom))];
  const [endX, endY] = [part((box[2] - left) / (right - left)), part((top - box[1]) / (top - bottom))];
  const rounded = (value: number) => Math.round(value * 1000) / 1000;
  return { left: rounded(x), top: rounded(y), width: rounded(endX - x), height: rounded(endY - y) };
}
