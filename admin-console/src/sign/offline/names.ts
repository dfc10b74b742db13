/** Where the phone keeps what a person asked to read without a network; the pages of signing in and out clear it. */
export const keptName = 'sign-kept';
/** Header of a kept answer: when it was taken, milliseconds since 1970. */
export const takenAt = 'x-taken-at';
/** Older answers are not shown: what waits has changed by then. */
export const maxAgeMs = 3 * 24 * 3_600_000;
