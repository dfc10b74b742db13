import type { SignatureReport } from './report.ts';
import { warning } from './warnings.ts';

/** Counter-signatures of one signature that are judged: each costs as much as a signature (V2). */
const mostCounterSignatures = 8;

/**
 * A report with the counter-signatures of its signature: each judged by itself, and what is wrong with one said as a warning.
 *
 * @param found one function a counter-signature, which judges it; `undefined` of one that cannot be read
 */
export function withCounterSignatures(
  base: SignatureReport,
  found: readonly (() => SignatureReport | undefined)[],
): SignatureReport {
  if (found.length === 0) return base;
  const judged = found.slice(0, mostCounterSignatures).map((judge) => judge());
  const counterSignatures = judged.filter((one) => one !== undefined);
  const isUnread = counterSignatures.length < found.length;
  const isBroken = counterSignatures.some(({ verdict }) => verdict === 'invalid');
  return {
    ...base,
    counterSignatures,
    warnings: [
      ...base.warnings,
      ...(isUnread ? [warning('counter-signature')] : []),
      ...(isBroken ? [warning('counter-signature-broken')] : []),
    ],
  };
}

/** What a counter-signature is called in a report. */
export const counterName = (name: string, index: number): string => `${name}.${index + 1}`;
