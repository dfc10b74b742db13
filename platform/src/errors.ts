import type { Text } from './messages/messages.ts';

/** Exit codes of the command: 0 good, 1 a negative answer, 2 bad input, 3 something needed is unavailable. */
export type ExitCode = 0 | 1 | 2 | 3;

/** One thing wrong with one field of an input. `pointer` is a JSON Pointer (RFC 6901) or a column name. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: Text;
}

export interface ErrorOptions {
  /** What the person can do next. */
  readonly remedy?: Text;
  readonly fields?: readonly FieldError[];
  readonly cause?: unknown;
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** How strongly to sign in for it (`acr_values`). */
  readonly acr?: 'passkey';
}

/**
 * The one family of errors that crosses doors. `code` is stable and documented (`people/not-found`), `detail` is a
 * sentence for the person. Over HTTP it becomes problem details (RFC 9457), on the command line a line and an exit code.
 */
export abstract class EduTrustError extends Error {
  abstract readonly status: number;
  abstract readonly exitCode: ExitCode;
  readonly code: string;
  readonly detail: Text;
  readonly remedy: Text | undefined;
  readonly fields: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;
  readonly acr: 'passkey' | undefined;

  constructor(code: string, detail: Text, options: ErrorOptions = {}) {
    super(detail.en, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.detail = detail;
    this.remedy = options.remedy;
    this.fields = options.fields ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.acr = options.acr;
  }
}

/** The input is wrong and stays wrong: 400, exit 2. */
export class InvalidInput extends EduTrustError {
  readonly status = 400;
  readonly exitCode = 2;
}

/** Nobody is signed in, or not strongly enough (`code` says which): 401. */
export class Unauthenticated extends EduTrustError {
  readonly status = 401;
  readonly exitCode = 2;
}

/** Signed in, but not allowed: 403. */
export class Forbidden extends EduTrustError {
  readonly status = 403;
  readonly exitCode = 2;
}

/** No such thing, or none that this actor may know of: 404. */
export class NotFound extends EduTrustError {
  readonly status = 404;
  readonly exitCode = 2;
}

/** The state of things does not allow it now: 409. */
export class Conflict extends EduTrustError {
  readonly status = 409;
  readonly exitCode = 2;
}

/** Larger than we read: 413. */
export class TooLarge extends EduTrustError {
  readonly status = 413;
  readonly exitCode = 2;
}

/** Too many tries: 429. */
export class TooManyRequests extends EduTrustError {
  readonly status = 429;
  readonly exitCode = 3;
}

/** Something we need does not answer; trying again later makes sense: 503, exit 3. */
export class Unavailable extends EduTrustError {
  readonly status = 503;
  readonly exitCode = 3;
}
