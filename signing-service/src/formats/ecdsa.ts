import { integer, sequence } from '@edutrust/certs/der';
import { InvalidInput } from '@edutrust/platform/errors';

/**
 * WebCrypto gives r‖s (IEEE P1363); CMS wants DER `ECDSA-Sig-Value` (RFC 5480 §2.1.1).
 * Throws `InvalidInput` `sign/signature` when it is not 64 bytes.
 */
export function ecdsaSignatureFromRaw(raw: Uint8Array): Buffer {
  if (raw.length !== 64) {
    throw new InvalidInput('sign/signature', {
      vi: 'Chữ ký không đúng định dạng.',
      en: 'The signature does not have the right form.',
    });
  }
  return sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
}
