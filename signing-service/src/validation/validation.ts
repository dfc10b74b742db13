/** The door of validation: judging a file here, or in a worker that cannot take the process with it. */

export { validatePdf } from '../formats/pades/validate.ts';
export type { LaterChange } from './later-change.ts';
export type { LogKey } from './log-proof.ts';
export type { ValidationOptions } from './options.ts';
export type { Reason } from './reasons.ts';
export { type ReasonCode, reasonTable } from './reasons.ts';
export type { LogEntry, SignatureReport, SignerIdentity, SigningTime, ValidationReport, Verdict } from './report.ts';
export { createValidationPool, type ValidationPool, type WorkerLimits } from './worker.ts';
