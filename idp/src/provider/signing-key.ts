import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import type { SigningKey } from './keys.ts';

/**
 * A signing key for the library that signs at once: a P-256 signature takes 0.03 ms, and 0.16 ms by way of the thread
 * pool of Web Crypto, which is what the library does with keys that it holds itself.
 */
export class SynchronousSigningKey extends ExternalSigningKey {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;

  constructor(key: SigningKey) {
    super();
    this.#privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' });
    this.#publicKey = createPublicKey(this.#privateKey);
    Object.assign(this, { kid: key.kid, alg: key.alg });
  }

  override keyObject(): KeyObject {
    return this.#publicKey;
  }

  /** ES256: r and s side by side (RFC 7518 §3.4). */
  override sign(data: Uint8Array): Buffer {
    return sign('sha256', data, { key: this.#privateKey, dsaEncoding: 'ieee-p1363' });
  }
}
