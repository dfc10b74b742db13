import type { KeyUsage } from '../certificate/extensions.ts';
import type { WantedName } from './names.ts';
import type { PolicyRequest } from './policy.ts';

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
}
