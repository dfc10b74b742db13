import { createQueue, type Queue } from '@edutrust/platform/queue';
import { busy } from '../validation/worker.ts';

/** Largest file that is verified, in bytes. */
export const largestFileBytes = 32 * 1024 * 1024;

/** Largest file on the machine itself that is read piece by piece: a ZIP says no more (PKWARE APPNOTE 4.4.1.4). */
export const largestStreamedBytes = 2 ** 32 - 1;

/** Largest form: a file, what it signs, and a little more. */
export const largestFormBytes = 2 * largestFileBytes + 1024 * 1024;

/** Files of strangers that are judged at once in a process, and how many may wait for it. */
const mostAtOnce = 2;
const mostWaiting = 40;

/** In which files of strangers wait for their turn; beyond it they are answered "later" (V16). */
export const verificationQueue = (): Queue => createQueue({ atOnce: mostAtOnce, mostWaiting, busy });
