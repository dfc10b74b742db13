import type { Certificate } from '../certificate/certificate.ts';
import type { KeyUsage } from '../certificate/extensions.ts';
import type { Acceptance } from '../certificate/signature.ts';
import type { WantedName } from './names.ts';
import type { PolicyRequest } from './policy.ts';
import { Refusal, type Refused } from './reason.ts';
import { PathSearch } from './search.ts';

/** What a certificate is validated against. Certificates, lists and responses are DER. */
export interface PathRequest {
  readonly leaf: Uint8Array;
  readonly untrusted?: readonly Uint8Array[];
  /** Trusted keys and names, as certificates: all that they say counts, but their own signature is not judged. */
  readonly anchors: readonly Uint8Array[];
  readonly crls?: readonly Uint8Array[];
  /** OCSP responses (RFC 6960). */
  readonly ocsp?: readonly Uint8Array[];
  readonly at: Date;
  /** A purpose that the leaf must allow, as an object identifier. */
  readonly extendedKeyUsage?: string;
  /** A use of the key that the leaf must allow. */
  readonly keyUsage?: KeyUsage;
  readonly name?: WantedName;
  /**
   * Whether the verdict is `indeterminate` while the status of a certificate below the anchor is not known. `when-given`:
   * it is as soon as any list or response is given, since who gives one wants it to decide. A revocation that is known
   * always counts.
   */
  readonly requireRevocation?: boolean | 'when-given';
  /** Most authorities between the anchor and the leaf, self-issued ones not counted; 10 when absent. */
  readonly maxDepth?: number;
  readonly policies?: PolicyRequest;
  /**
   * Whether certificates must carry their key identifiers (§4.2.1.1, §4.2.1.2); they must when absent. §6 asks for none: a
   * link is a name and a signature that fits.
   */
  readonly keyIdentifiers?: 'required' | 'optional';
  /** Whether algorithms on trial count too; they do not when absent. */
  readonly acceptance?: Acceptance;
}

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
