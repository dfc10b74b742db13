import { parentPort } from 'node:worker_threads';
import { NotAPdf } from '../formats/pdf/malformed.ts';
import { validateFile } from '../formats/validate.ts';
import type { WorkerAnswer, WorkerQuestion } from './worker.ts';

/** The other end of a validation pool: one file after another, one answer each. */
const say = (answer: WorkerAnswer) => parentPort?.postMessage(answer);

parentPort?.on('message', async ({ bytes, options }: WorkerQuestion) => {
  try {
    say({ report: await validateFile(bytes, options) });
  } catch (error) {
    if (!(error instanceof NotAPdf)) throw error;
    say({ notAPdf: true });
  }
});
say('ready');
