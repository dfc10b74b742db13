import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** What an attacker changes about an assertion; everything is as it should be by default. */
export interface AssertionChange {
  readonly challenge?: string;
  readonly origin?: string;
  readonly rpId?: string;
  readonly crossOrigin?: boolean;
  readonly userVerified?: boolean;
  readonly credentialId?: string;
  /** Signs with a key that is not the passkey's. */
  readonly foreignKey?: boolean;
}

/** A passkey in software (ES256, user verified, counter 0 as synchronised passkeys have it): for tests. */
export class SoftPasskey {
  readonly credentialId = randomBytes(32).toString('base64url');
  /** COSE_Key (RFC 9052 §7). */
  readonly publicKey: Buffer;
  readonly #key: KeyObject;

  constructor() {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    const { x = '', y = '' } = privateKey.export({ format: 'jwk' });
    this.publicKey = Buffer.concat([
      Buffer.from('a5010203262001215820', 'hex'),
      Buffer.from(x, 'base64url'),
      Buffer.from('225820', 'hex'),
      Buffer.from(y, 'base64url'),
    ]);
  }

  /** The answer to request options (WebAuthn level 3 §6.3.3). */
  get(options: { readonly challenge: string; readonly rpId: string }, origin: string, change: AssertionChange = {}) {
    const clientData = Buffer.from(
      JSON.stringify({
        type: 'webauthn.get',
        challenge: change.challenge ?? options.challenge,
        origin: change.origin ?? origin,
        crossOrigin: change.crossOrigin ?? false,
      }),
    );
    const authenticatorData = Buffer.concat([
      createHash('sha256')
        .update(change.rpId ?? options.rpId)
        .digest(),
      Buffer.of(change.userVerified === false ? 1 : 5),
      Buffer.alloc(4),
    ]);
    const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientData).digest()]);
    const key = change.foreignKey ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : this.#key;
    const id = change.credentialId ?? this.credentialId;
    return {
      id,
      rawId: id,
      type: 'public-key' as const,
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: sign('sha256', signed, key).toString('base64url'),
      },
    };
  }
}
