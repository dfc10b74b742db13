import { getDocument, type PDFDocumentProxy, type PDFPageProxy, PDFWorker } from 'pdfjs-dist';
import workerAddress from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import { t } from '../design/language.ts';
import { scriptAddress } from '../design/trusted.ts';
import { isFiles, readFileLines, showFiles } from './files.ts';

/** One worker reads every document; its script is ours, as the content security policy wants. */
const worker = PDFWorker.create({ port: new Worker(scriptAddress(workerAddress), { type: 'module' }) });

/** Opens a PDF, and forgets it and its letters when the work with it has ended. */
async function withDocument<Result>(
  bytes: Uint8Array<ArrayBuffer>,
  work: (document: PDFDocumentProxy) => Promise<Result>,
): Promise<Result> {
  const opening = getDocument({ data: bytes.slice(), useWasm: false, worker });
  try {
    return await work(await opening.promise);
  } finally {
    await opening.destroy();
  }
}

/** Draws every page of a PDF, or each file, below one another, with its text for screen readers; gives how many it drew. */
export async function drawDocument(
  bytes: Uint8Array<ArrayBuffer>,
  host: HTMLElement,
  isCurrent: () => boolean,
  density: number = Math.min(globalThis.devicePixelRatio * 1.5, 4), // sharp when it is enlarged, too
): Promise<number> {
  if (isFiles(bytes)) return showFiles(bytes, host);
  return withDocument(bytes, async (document) => {
    const pixels = Math.max(host.clientWidth, 320) * density;
    for (let number = 1; number <= document.numPages && isCurrent(); number += 1) {
      const canvas = await drawPage(await document.getPage(number), pixels);
      if (!isCurrent()) break;
      host.append(canvas);
      const draw = () => withDocument(bytes, async (again) => renderPage(await again.getPage(number), canvas, pixels));
      pagesOnScreen.set(canvas, { draw, isNear: true, isBusy: false });
      nearby.observe(canvas);
    }
    return document.numPages;
  });
}

/** A page that was drawn once: whether it is near the screen, and how it comes back. */
interface PageOnScreen {
  readonly draw: () => Promise<void>;
  isNear: boolean;
  isBusy: boolean;
}

const pagesOnScreen = new WeakMap<Element, PageOnScreen>();

/** A phone that is turned has no page near for a moment. */
const restMs = 1_000;

/**
 * A page is some megabytes of memory while it is drawn: those two screens away keep their place and their label, and are drawn again
 * from the same bytes when they come near.
 */
const nearby = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const page = pagesOnScreen.get(target);
      if (!page || !(target instanceof HTMLCanvasElement)) continue;
      page.isNear = isIntersecting;
      if (!target.isConnected) nearby.unobserve(target);
      if (isIntersecting) settle(target, page);
      else setTimeout(() => settle(target, page), restMs);
    }
  },
  { rootMargin: '200% 0px' },
);

/** One drawing at a time on a canvas: what has changed meanwhile is seen to afterwards. */
function settle(canvas: HTMLCanvasElement, page: PageOnScreen): void {
  if (page.isBusy) return;
  if (!page.isNear) canvas.width = canvas.height = 0;
  if (!page.isNear || canvas.width > 0) return;
  page.isBusy = true;
  page.draw().then(
    () => {
      page.isBusy = false;
      settle(canvas, page);
    },
    () => {
      page.isBusy = false; // tried again when it comes near the next time
    },
  );
}

/** The first page of a PDF, `pixels` wide, on this canvas. */
export function drawThumbnail(
  bytes: Uint8Array<ArrayBuffer>,
  canvas: HTMLCanvasElement,
  pixels: number,
): Promise<void> {
  return withDocument(bytes, async (document) => renderPage(await document.getPage(1), canvas, pixels));
}

/** The page on a canvas as many pixels wide. */
async function renderPage(page: PDFPageProxy, canvas: HTMLCanvasElement, pixels: number): Promise<void> {
  const natural = page.getViewport({ scale: 1 });
  const viewport = page.getViewport({ scale: pixels / natural.width });
  canvas.width = viewport.width;
  canvas.height = viewport.height;
  canvas.style.aspectRatio = `${natural.width} / ${natural.height}`; // its place also while it is empty
  await page.render({ canvas, viewport }).promise;
}

/** One page as many pixels wide; its text is its label. */
async function drawPage(page: PDFPageProxy, pixels: number): Promise<HTMLCanvasElement> {
  const canvas = globalThis.document.createElement('canvas');
  canvas.className = 'document-page';
  canvas.setAttribute('role', 'img');
  const [{ items }] = await Promise.all([page.getTextContent(), renderPage(page, canvas, pixels)]);
  const text = items.map((item) => ('str' in item ? item.str : '')).join(' ');
  canvas.setAttribute(
    'aria-label',
    `${t(`Trang ${page.pageNumber}`, `Page ${page.pageNumber}`)}: ${text.slice(0, 4_000)}`,
  );
  return canvas;
}

/** The text of every page in its lines, from top to bottom: the cells of a table's row stand in one line. */
export async function readLines(bytes: Uint8Array<ArrayBuffer>): Promise<string[]> {
  if (isFiles(bytes)) return readFileLines(bytes);
  return withDocument(bytes, async (document) => {
    const lines: string[] = [];
    for (let number = 1; number <= document.numPages; number += 1) {
      lines.push(...linesOf(await (await document.getPage(number)).getTextContent()));
    }
    return lines;
  });
}

function linesOf({ items }: Awaited<ReturnType<PDFPageProxy['getTextContent']>>): string[] {
  const rows = new Map<number, { x: number; text: string }[]>();
  for (const item of items) {
    if (!('str' in item) || item.str.trim() === '') continue;
    const [, , , , x = 0, y = 0] = item.transform as number[];
    const at = [...rows.keys()].find((known) => Math.abs(known - y) < sameLine) ?? y;
    rows.set(at, [...(rows.get(at) ?? []), { x, text: item.str.trim() }]);
  }
  return [...rows]
    .sort(([one], [other]) => other - one)
    .map(([, cells]) =>
      cells
        .sort((one, other) => one.x - other.x)
        .map(({ text }) => text)
        .join('  ·  '),
    );
}

/** Points between baselines that are one line. */
const sameLine = 2.5;
