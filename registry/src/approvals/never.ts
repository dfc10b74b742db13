import { Conflict, type EduTrustError, Forbidden, InvalidInput, NotFound } from '@edutrust/platform/errors';

/** What never succeeds as it stands; everything else is tried again. */
export function isNever(error: unknown): error is EduTrustError {
  return (
    error instanceof Conflict ||
    error instanceof NotFound ||
    error instanceof Forbidden ||
    error instanceof InvalidInput
  );
}
