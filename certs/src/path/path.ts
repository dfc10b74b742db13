import type { Certificate } from '../certificate/certificate.ts';
import { Refusal, type Refused } from './reason.ts';
import type { PathRequest } from './request.ts';
import { PathSearch } from './search.ts';

export type { PathRequest } from './request.ts';

export type PathVerdict =
  | {
      readonly verdict: 'valid';
      /** From the leaf up to and with the anchor. */
      readonly chain: readonly Certificate[];
      /** The policies that the path is valid for (user-constrained-policy-set, §6.1.6). */
      readonly policies: readonly string[];
    }
  | {
      readonly verdict: 'invalid' | 'indeterminate';
      readonly refused: Refused;
      readonly revokedAt?: Date;
      /** CRLReason (RFC 5280 §5.3.1), 0 when none is given. */
      readonly revocationReason?: number;
    };

/**
 * Certification path validation (RFC 5280 §6, RFC 9618) over every chain that leads from the leaf to an anchor, within
 * a budget of work. Never throws for what it is given: input that cannot be read is a refusal.
 */
export function validatePath(request: PathRequest): PathVerdict {
  try {
    const { chain, policies } = new PathSearch(request).run();
    return { verdict: 'valid', chain: chain.map(({ certificate }) => certificate), policies };
  } catch (error) {
    // Our parsers and node:crypto throw on malformed input; whatever it was, the path is not valid.
    const { refused, revocation } = error instanceof Refusal ? error : new Refusal('malformed');
    const verdict = refused.code === 'no-revocation-data' ? 'indeterminate' : 'invalid';
    return {
      verdict,
      refused,
      ...(revocation ? { revokedAt: revocation.at, revocationReason: revocation.reason } : {}),
    };
  }
}
