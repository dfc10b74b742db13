import { Worker } from 'node:worker_threads';
import { NotAPdf } from '../pdf/malformed.ts';
import type { ValidationReport } from './report.ts';
import { unjudged, type ValidationOptions } from './validate.ts';

/** What one validation may take (V4). */
export interface WorkerLimits {
  /** Then the worker is killed and the answer is `indeterminate`. Default 5,000. */
  readonly timeoutMs?: number;
  /** Heap of the worker, default 256. */
  readonly maxHeapMegabytes?: number;
}

/** What the worker answers. */
export type WorkerAnswer = { readonly report: ValidationReport } | { readonly notAPdf: true };

/**
 * {@link validatePdf} on a thread of its own with limits of time and memory, for files of strangers: whatever the file
 * does, there is an answer, and the caller's thread stays free.
 *
 * Throws `InvalidInput` `verify/not-a-pdf`.
 */
export async function validateInWorker(
  bytes: Uint8Array,
  options: ValidationOptions,
  limits: WorkerLimits = {},
): Promise<ValidationReport> {
  const { timeoutMs = 5_000, maxHeapMegabytes = 256 } = limits;
  const worker = new Worker(new URL('./worker-thread.ts', import.meta.url), {
    workerData: { bytes, options },
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMegabytes },
  });
  const answer = await new Promise<WorkerAnswer | string>((resolve) => {
    const timer = setTimeout(() => resolve('time'), timeoutMs);
    worker.once('message', (message: WorkerAnswer) => resolve(message));
    worker.once('error', (error) => {
      const isOutOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      // A fault of ours would be no reason to call a file good or bad.
      resolve(isOutOfMemory ? 'memory' : `fault: ${error instanceof Error ? error.message : 'unknown'}`);
    });
    worker.once('exit', () => {
      clearTimeout(timer);
      resolve('ended');
    });
  });
  await worker.terminate();
  if (typeof answer === 'string') return unjudged('indeterminate', 'beyond-limits', answer);
  if ('notAPdf' in answer) throw new NotAPdf();
  return answer.report;
}
