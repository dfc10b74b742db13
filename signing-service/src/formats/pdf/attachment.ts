import type { PdfView } from './document.ts';
import { decodeStructureStream } from './filters.ts';
import { Budget, defaultLimits } from './limits.ts';
import { as, textOf } from './object.ts';

/**
 * The one file of this name that belongs to the document (PDF/A-3, ISO 19005-3 §6.8: `/AF` of the catalogue), as the view has it;
 * undefined when there is none, or more than one.
 *
 * @throws MalformedPdf, PdfBeyondLimits
 */
export function attachedFile(view: PdfView, name: string): Buffer | undefined {
  const catalog = view.dictionary(view.trailer.entries.get('Root'));
  const files = view.array(catalog?.entries.get('AF')) ?? [];
  const found = files.flatMap((file) => {
    const entries = view.dictionary(file)?.entries;
    const called = as('string', view.resolve(entries?.get('UF')));
    return entries && called && textOf(called) === name ? [entries] : [];
  });
  const [only, ...more] = found;
  if (!only || more.length > 0) return undefined;
  const stream = as('stream', view.resolve(view.dictionary(only.get('EF'))?.entries.get('F')));
  return stream && decodeStructureStream(stream, new Budget(defaultLimits));
}
