/**
 * Secrets at rest: envelope encryption under the key-encryption key from `EDUTRUST_SECRET_FILE`, and the keyed
 * hashes and derived keys that every process must agree on.
 */
export interface SecretBox {
  /** AES-256-GCM under a fresh data key; `context` (key id, tenant, column) is bound as associated data. */
  seal(plain: Uint8Array, context: string): Buffer;
  /** The plain bytes; throws when the context or a bit differs. */
  open(sealed: Uint8Array, context: string): Buffer;
  /** 32 bytes by HKDF-SHA-256 (RFC 5869) for one purpose: cookie keys, pairwise subjects, blind indexes. */
  derive(purpose: string): Buffer;
}
