/** The door of validation: judging a file here, or in a worker that cannot take the process with it. */

export { validatePdf } from '../formats/pades/validate.ts';
export { isLargeFile, type LargeFile, piecesOfFile } from './large-file.ts';
export type { LogKey } from './log-proof.ts';
export type { ValidationOptions } from './options.ts';
export type { ValidationReport } from './report.ts';
export { createValidationPool, type ValidationPool } from './worker.ts';
