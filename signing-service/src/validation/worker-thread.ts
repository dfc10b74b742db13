import { parentPort } from 'node:worker_threads';
import { NotAPdf } from '../formats/pdf/malformed.ts';
import { validateFile } from '../formats/validate.ts';
import { isLargeFile, type LargeFile, openLargeFile } from './large-file.ts';
import type { WorkerAnswer, WorkerQuestion } from './worker.ts';

/** The other end of a validation pool: one file after another, one answer each. */
const say = (answer: WorkerAnswer) => parentPort?.postMessage(answer);

parentPort?.on('message', async ({ file, options: { content, ...options } }: WorkerQuestion) => {
  try {
    using files = new DisposableStack();
    const open = (one: Uint8Array | LargeFile) => (isLargeFile(one) ? files.use(openLargeFile(one)) : one);
    say({ report: await validateFile(open(file), content ? { ...options, content: open(content) } : options) });
  } catch (error) {
    if (!(error instanceof NotAPdf)) throw error;
    say({ notAPdf: true });
  }
});
say('ready');
