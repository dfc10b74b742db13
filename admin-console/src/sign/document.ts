import { GlobalWorkerOptions, getDocument } from 'pdfjs-dist';
import workerAddress from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import { t } from '../design/language.ts';

GlobalWorkerOptions.workerSrc = workerAddress; // same origin, as the CSP wants

/** Draws every page of a PDF below one another, with its text for screen readers; gives how many pages it drew. */
export async function drawDocument(
  bytes: Uint8Array<ArrayBuffer>,
  host: HTMLElement,
  isCurrent: () => boolean,
  density: number = Math.min(globalThis.devicePixelRatio, 2),
): Promise<number> {
  const document = await getDocument({ data: bytes.slice(), useWasm: false }).promise;
  for (let number = 1; number <= document.numPages && isCurrent(); number += 1) {
    const page = await document.getPage(number);
    const natural = page.getViewport({ scale: 1 });
    const viewport = page.getViewport({ scale: (Math.max(host.clientWidth, 320) / natural.width) * density });
    const canvas = globalThis.document.createElement('canvas');
    canvas.className = 'document-page';
    canvas.width = viewport.width;
    canvas.height = viewport.height;
    canvas.setAttribute('role', 'img');
    const { items } = await page.getTextContent();
    const text = items.map((item) => ('str' in item ? item.str : '')).join(' ');
    canvas.setAttribute('aria-label', `${t(`Trang ${number}`, `Page ${number}`)}: ${text.slice(0, 4_000)}`);
    await page.render({ canvas, viewport }).promise;
    if (isCurrent()) host.append(canvas);
  }
  return document.numPages;
}
