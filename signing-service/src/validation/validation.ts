/** The door of validation: judging a PDF here, or in a worker that cannot take the process with it. */

export { type ValidationOptions, validatePdf } from '../formats/pades/validate.ts';
export type { LogKey } from './log-proof.ts';
export { type ReasonCode, reasonTable } from './reasons.ts';
export type {
  LaterChange,
  LogEntry,
  Reason,
  SignatureReport,
  SignerIdentity,
  SigningTime,
  ValidationReport,
  Verdict,
} from './report.ts';
export { createValidationPool, type ValidationPool, type WorkerLimits } from './worker.ts';
