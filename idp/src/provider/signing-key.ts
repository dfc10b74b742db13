import {
  constants,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import type { IdTokenAlgorithm } from '../apps/protocol.ts';
import type { SigningKey } from './keys.ts';

/** How node's `sign` makes a JWS signature (RFC 7518 §3.3–3.5, RFC 8037 §3.1). */
const how: Readonly<Record<IdTokenAlgorithm, { readonly digest: string | null } & Omit<SignKeyObjectInput, 'key'>>> = {
  ES256: { digest: 'sha256', dsaEncoding: 'ieee-p1363' }, // r and s side by side
  RS256: { digest: 'sha256', padding: constants.RSA_PKCS1_PADDING },
  PS256: { digest: 'sha256', padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  EdDSA: { digest: null },
};

/**
 * A signing key for the library that signs at once: a P-256 signature takes 0.03 ms, and 0.16 ms by way of the thread
 * pool of Web Crypto, which is what the library does with keys that it holds itself.
 */
export class SynchronousSigningKey extends ExternalSigningKey {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #algorithm: IdTokenAlgorithm;

  constructor(key: SigningKey) {
    super();
    this.#privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' });
    this.#publicKey = createPublicKey(this.#privateKey);
    this.#algorithm = key.alg;
    Object.assign(this, { kid: key.kid, alg: key.alg });
  }

  override keyObject(): KeyObject {
    return this.#publicKey;
  }

  override sign(data: Uint8Array): Buffer {
    const { digest, ...options } = how[this.#algorithm];
    return sign(digest, data, { key: this.#privateKey, ...options });
  }
}

/** What apps check signatures with: the public members alone (RFC 7518 §6). */
export function publicJwk(key: SigningKey): Record<string, unknown> {
  const { kid, alg, use } = key;
  return { ...createPublicKey({ key: { ...key }, format: 'jwk' }).export({ format: 'jwk' }), kid, alg, use };
}
