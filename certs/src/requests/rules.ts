/** The door of renewal: when a certificate is due, and for how long a key may be certified again. */

const dayMs = 24 * 3_600_000;

/** A certificate is renewed from this time before its end on. */
export const renewalMs = 30 * dayMs;

/** A key is certified again until its first certificate, or the approval of it, is this old; then it is replaced. */
export const keyLifeMs = 3 * 365 * dayMs;

/** Certificates that end before this moment are due now. */
export function dueBefore(now: Date): Date {
  return new Date(now.getTime() + renewalMs);
}

/** A key that was first certified, or approved, before this moment is not certified again. */
export function tooOldBefore(now: Date): Date {
  return new Date(now.getTime() - keyLifeMs);
}
