import { createHmac, createSecretKey } from 'node:crypto';
import type { SecretBox } from '@edutrust/platform/secrets';

/** The two numbers that the state gave a person. Each is kept sealed, with a keyed blind index to find it again. */
export type StateIdentifier = 'moet_id' | 'personal_number';

export interface SealedIdentifier {
  readonly sealed: Buffer;
  /** HMAC-SHA-256 of the canonical number; equal numbers have equal indexes, and nothing else follows from it. */
  readonly index: Buffer;
}

/** Seals and finds state identifiers; made once from the context's secrets. */
export function createIdentifierVault(secrets: SecretBox) {
  const keys = {
    moet_id: createSecretKey(secrets.derive('registry/moet-id/index')),
    personal_number: createSecretKey(secrets.derive('registry/personal-number/index')),
  };
  const canonical = (number: string) =>
    number
      .normalize('NFKC')
      .replaceAll(/[\s.-]/g, '')
      .toUpperCase();
  const indexOf = (kind: StateIdentifier, number: string) =>
    createHmac('sha256', keys[kind]).update(canonical(number)).digest();
  return {
    indexOf,
    seal: (kind: StateIdentifier, number: string): SealedIdentifier => ({
      sealed: secrets.encrypt(Buffer.from(canonical(number)), `registry.person/${kind}`),
      index: indexOf(kind, number),
    }),
    open: (kind: StateIdentifier, sealed: Buffer): string =>
      secrets.decrypt(sealed, `registry.person/${kind}`).toString('utf8'),
  };
}

export type IdentifierVault = ReturnType<typeof createIdentifierVault>;
