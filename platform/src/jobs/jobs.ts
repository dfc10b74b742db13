import type { Transaction } from '../database/database.ts';
import type { Json } from '../events/events.ts';

export interface EnqueueOptions {
  /** Jobs of one named queue run one after another. */
  readonly queue?: string;
  readonly runAt?: Date;
  /** A second job with the same key replaces the first while it waits. */
  readonly key?: string;
  readonly maxAttempts?: number;
}

/** Work that outlives a request, run by graphile-worker at least once: handlers are idempotent. */
export interface Jobs {
  /** Enqueues in the caller's transaction: the job exists exactly when the effect does. */
  enqueue(transaction: Transaction, task: string, payload: { [key: string]: Json }, options?: EnqueueOptions): Promise<void>;
}

export type TaskHandlers = Readonly<Record<string, (payload: { [key: string]: Json }) => Promise<void>>>;
