import { Worker } from 'node:worker_threads';
import { busy } from '../validation/worker.ts';

/** Where a text stands: page zero-based, lower left corner in points. */
export interface FoundText {
  readonly page: number;
  readonly left: number;
  readonly bottom: number;
}

const patienceMs = 15_000;

/**
 * The places where a PDF shows a text, in reading order. On a thread of its own, with limits, because the file may be
 * anybody's; it is a convenience for placing a block, and decides nothing about the document.
 *
 * @throws Unavailable `verify/busy`
 */
export function findText(file: Uint8Array, text: string): Promise<readonly FoundText[]> {
  const worker = new Worker(new URL('./text-finder-thread.ts', import.meta.url), {
    workerData: { file, texts: [...new Set([text.normalize('NFC'), text.normalize('NFD')])] },
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(() => reject(busy())), patienceMs);
    const settle = (how: () => void) => {
      clearTimeout(timer);
      worker.removeAllListeners();
      worker.on('error', () => undefined); // what it says while it is ended
      void worker.terminate();
      how();
    };
    worker.once('message', (found: readonly FoundText[]) => settle(() => resolve(found)));
    // A file that the reader of texts cannot read shows no text.
    worker.once('error', () => settle(() => resolve([])));
  });
}
