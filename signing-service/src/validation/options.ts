import type { Content } from '../formats/content.ts';
import type { LogKey } from './log-proof.ts';

/** What a validation trusts and when. Plain data, so that it can be handed to a worker. */
export interface ValidationOptions {
  /** What is signed, for a signature in a file of its own. */
  readonly content?: Content;
  /** Opens an encrypted PDF, as its reader or its owner; empty when absent. */
  readonly password?: string;
  /** DER of the roots that signers' certificates must lead to. */
  readonly anchors: readonly Uint8Array[];
  /** DER of the roots of time-stamping authorities; `anchors` when absent. */
  readonly timeStampAnchors?: readonly Uint8Array[];
  /** More certificates to build paths with, DER. */
  readonly untrusted?: readonly Uint8Array[];
  /** DER of CRLs, beside those inside the document. */
  readonly crls?: readonly Uint8Array[];
  /** DER of OCSP responses, beside those inside the document. */
  readonly ocsp?: readonly Uint8Array[];
  /** Public logs whose proofs of inclusion are believed. */
  readonly logs?: readonly LogKey[];
  /** Without revocation data for the signer the verdict is `indeterminate` (TRY_LATER). Default true (V12). */
  readonly requireRevocation?: boolean;
  /** The time to judge at where no time stamp proves an earlier one; now when absent. */
  readonly at?: Date;
}
