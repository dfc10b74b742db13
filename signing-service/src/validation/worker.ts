import { Worker } from 'node:worker_threads';
import { type EduTrustError, Unavailable } from '@edutrust/platform/errors';
import { NotAPdf } from '../formats/pdf/malformed.ts';
import { isLargeFile, type LargeFile } from './large-file.ts';
import type { ValidationOptions } from './options.ts';
import type { ValidationReport } from './report.ts';
import { unjudged } from './verdict.ts';

/** What one validation may take (V4). */
export interface WorkerLimits {
  /** CPU time of the judging itself; then the answer is `beyond-limits`. Default 5,000, and a second for each 20 MB of a large file. */
  readonly cpuMs?: number;
  /** Wall clock from when a worker takes the file: past it the machine is overloaded, which says nothing of the file. Default 20,000. */
  readonly wallMs?: number;
  /** Heap of a worker, default 256. */
  readonly maxHeapMegabytes?: number;
  /** Files that a thread judges before a new one takes its place, default 500: what one left behind is not kept for ever. */
  readonly filesPerThread?: number;
}

/** {@link ValidationOptions} for another thread: what is large is read there. */
export interface WorkerOptions extends Omit<ValidationOptions, 'content'> {
  readonly content?: Uint8Array | LargeFile;
}

/** One file for a worker. */
export interface WorkerQuestion {
  readonly file: Uint8Array | LargeFile;
  readonly options: WorkerOptions;
}

/** What a worker says: that it is ready, and then an answer to each question. */
export type WorkerAnswer = 'ready' | { readonly report: ValidationReport } | { readonly notAPdf: true };

/** Threads that judge files of strangers: whatever a file does, there is an answer, and the caller's thread stays free. */
export interface ValidationPool {
  /**
   * `validateFile` on a warm thread, with limits of CPU time and memory that are about the file alone.
   *
   * Throws `InvalidInput` `verify/not-a-pdf`, and `Unavailable` `verify/busy` when the machine has no time for it: that is
   * never an answer about the document (V16).
   */
  validate(file: Uint8Array | LargeFile, options: WorkerOptions): Promise<ValidationReport>;
  close(): Promise<void>;
}

/**
 * A pool that is empty until the first file; a thread is kept for the next file and keeps no process alive. How many
 * files are judged at once is for the caller to say.
 */
export function createValidationPool(limits: WorkerLimits = {}): ValidationPool {
  const idle: Worker[] = [];
  const judged = new Map<Worker, number>();
  const { filesPerThread = 500 } = limits;

  const start = (): Worker => {
    const worker = new Worker(new URL('./worker-thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: limits.maxHeapMegabytes ?? 256 },
    });
    judged.set(worker, 0);
    worker.once('exit', () => {
      judged.delete(worker);
      const at = idle.indexOf(worker);
      if (at >= 0) idle.splice(at, 1);
    });
    worker.on('error', () => undefined); // asked for while a file is judged; an idle thread that dies is replaced
    return worker;
  };

  return {
    validate: async (file, options) => {
      const warm = idle.pop();
      const worker = warm ?? start();
      worker.ref();
      try {
        const answer = await ask({ worker, isNew: !warm }, { file, options }, limits);
        const count = (judged.get(worker) ?? 0) + 1;
        if ('isOver' in answer || count >= filesPerThread) await worker.terminate();
        else {
          judged.set(worker, count);
          worker.unref();
          idle.push(worker);
        }
        return reportOf(answer);
      } catch (error) {
        await worker.terminate();
        throw error;
      }
    },
    close: async () => {
      await Promise.all([...judged.keys()].map((worker) => worker.terminate()));
    },
  };
}

type Outcome = Exclude<WorkerAnswer, 'ready'> | { readonly isOver: 'time' | 'memory' };

function reportOf(answer: Outcome): ValidationReport {
  if ('isOver' in answer) return unjudged('beyond-limits', answer.isOver);
  if ('notAPdf' in answer) throw new NotAPdf();
  return answer.report;
}

const checkEveryMs = 100;

/** Bytes of a large file, on a slow machine and for several signatures: each reads it. */
const hashedPerMs = 20_000;

function largeBytesOf({ file, options: { content } }: WorkerQuestion): number {
  let bytes = 0;
  for (const one of [file, content]) if (one && isLargeFile(one)) bytes += one.length;
  return bytes;
}

/** One question to a thread that has nothing else to do. Starting it is not counted: that is no fault of the file. */
async function ask(
  { worker, isNew }: { readonly worker: Worker; readonly isNew: boolean },
  question: WorkerQuestion,
  limits: WorkerLimits,
): Promise<Outcome> {
  const { cpuMs = 5_000, wallMs = 20_000 } = limits;
  const allowedMs = cpuMs + largeBytesOf(question) / hashedPerMs;
  return new Promise<Outcome>((resolve, reject) => {
    const started = performance.now();
    let isReady = !isNew;
    let cpuAtStart: number | undefined;
    const check = async (): Promise<void> => {
      if (performance.now() - started > wallMs) settle(() => reject(busy()));
      const used = isReady ? await cpuOf(worker) : undefined;
      if (used === undefined) return;
      cpuAtStart ??= used;
      if (used - cpuAtStart > allowedMs) settle(() => resolve({ isOver: 'time' }));
    };
    const timer = setInterval(() => void check(), Math.min(checkEveryMs, cpuMs, wallMs));
    void check();
    const onMessage = (message: WorkerAnswer) => {
      if (message !== 'ready') return settle(() => resolve(message));
      isReady = true;
      void check();
    };
    const onError = (error: unknown) => {
      const isOutOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      // A fault of ours would be no reason to call a file good or bad.
      settle(() => (isOutOfMemory ? resolve({ isOver: 'memory' }) : reject(error)));
    };
    const onExit = () => settle(() => reject(new Error('a validation thread ended')));
    const settle = (how: () => void) => {
      clearInterval(timer);
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      how();
    };
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.postMessage(question);
  });
}

/** CPU time of a thread so far in milliseconds; undefined when it has ended meanwhile. */
async function cpuOf(worker: Worker): Promise<number | undefined> {
  try {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1_000;
  } catch {
    return undefined;
  }
}

/** V16: lack of time here is no verdict on a document. */
export function busy(): EduTrustError {
  return new Unavailable(
    'verify/busy',
    {
      vi: 'Máy chủ đang bận nên chưa kiểm tra được tệp này.',
      en: 'The server is busy and could not verify this file yet.',
    },
    { retryAfterSeconds: 5, remedy: { vi: 'Thử lại sau vài giây.', en: 'Try again in a few seconds.' } },
  );
}
