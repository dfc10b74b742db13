/** Reasons of RFC 5280 §5.3.1 that we give, and their numbers. */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  /** A suspension: the only one that can be taken back. */
  certificateHold: 6,
} as const;
export type RevocationReason = keyof typeof revocationReasons;
