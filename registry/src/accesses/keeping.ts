import { monthsBefore } from '@edutrust/platform/retention';

/** Months for which it is kept who looked: two school years; QCVN 12:2026/BCA §3.9.2.1.9 asks for twelve. */
export const keepMonths = 24;

/** Entries from here on are kept; what is older is erased, and its digest in the log stays. */
export const keptSince = (now: Date): Date => monthsBefore(now, keepMonths);
