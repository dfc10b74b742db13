/** Credentials that were chosen with an activation code. */
export interface GivenCredential {
  /** `recovered`: although the person had some already. */
  readonly kind: 'code-used' | 'recovered';
  /** The people who made the code; empty when the program itself did. */
  readonly by: readonly string[];
  readonly at: Date;
}

/** A passkey that one of the two acts is made with. */
export interface ApprovalPasskey {
  /** base64url */
  readonly credentialId: string;
  /** COSE_Key (RFC 9052), as it was registered. */
  readonly publicKey: Buffer;
  readonly transports: readonly string[];
  /** base64url; checked when the authenticator says one. */
  readonly userHandle?: string;
  /** The counter of the last use; absent where its owner counts for itself. */
  readonly counter?: number;
  /** How its holder came to choose it, when by a code; the owner's word, not a row that can be deleted. */
  readonly given?: GivenCredential;
}
