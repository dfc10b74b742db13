import { parentPort, workerData } from 'node:worker_threads';
import { NotAPdf } from '../pdf/malformed.ts';
import { type ValidationOptions, validatePdf } from './validate.ts';
import type { WorkerAnswer } from './worker.ts';

/** The other end of `validateInWorker`: one file, one answer. */
const { bytes, options } = workerData as { bytes: Uint8Array; options: ValidationOptions }; // made by validateInWorker only
const answer = await validatePdf(bytes, options).then(
  (report): WorkerAnswer => ({ report }),
  (error: unknown): WorkerAnswer => {
    if (error instanceof NotAPdf) return { notAPdf: true };
    throw error;
  },
);
parentPort?.postMessage(answer);
