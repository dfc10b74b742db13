import { parentPort, workerData } from 'node:worker_threads';
import { PDF } from '@libpdf/core';
import type { FoundText } from './text-finder.ts';

const { file, texts } = workerData as { readonly file: Uint8Array; readonly texts: readonly string[] }; // findText's
const document = await PDF.load(file);
const found: FoundText[] = [];
for (const page of document.getPages()) {
  for (const text of texts) {
    for (const { bbox, pageIndex } of page.findText(text, { caseSensitive: true }))
      found.push({ page: pageIndex, left: bbox.x, bottom: bbox.y });
  }
}
parentPort?.postMessage(found);
