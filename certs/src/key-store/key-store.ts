import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Unavailable } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import type { SecretBox } from '@edutrust/platform/secrets';
import { certsOf } from '../tables.ts';

/** A key serves one purpose for its whole life (K3). */
export type KeyPurpose = 'ca' | 'ocsp' | 'tsa' | 'signer' | 'seal';
export type KeyAlgorithm = 'p256' | 'p384';

export interface StoredKey {
  readonly id: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

/** Where private keys live: they are named by id and never leave. */
export interface KeyStore {
  /** Makes a key; it exists when the transaction commits. */
  generate(transaction: Transaction, purpose: KeyPurpose, algorithm?: KeyAlgorithm): Promise<StoredKey>;
  /**
   * ECDSA over the bytes with the hash of the key's size (SHA-256, SHA-384), as DER `ECDSA-Sig-Value`. The purpose is
   * asked again, so that a key is never used for another.
   *
   * @throws Unavailable `keys/no-key`
   */
  sign(db: Database | Transaction, keyId: string, purpose: KeyPurpose, bytes: Uint8Array): Promise<Buffer>;
}

const curves = { p256: 'P-256', p384: 'P-384' } as const;
const hashes: Readonly<Record<string, string>> = { p256: 'sha256', p384: 'sha384' };

/** The encrypted soft store: keys in PostgreSQL, each sealed under its id and purpose (K1). */
export function keyStore({ secrets }: Pick<ServiceContext, 'secrets'>): KeyStore {
  return {
    generate: async (transaction, purpose, algorithm = 'p256') => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curves[algorithm] });
      const id = uuidv7();
      const spki = publicKey.export({ type: 'spki', format: 'der' });
      const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
      await certsOf(transaction)
        .insertInto('certs.key')
        .values({
          id,
          purpose,
          algorithm,
          public_key: spki,
          sealed_private_key: secrets.seal(pkcs8, sealContext(id, purpose)),
        })
        .execute();
      return { id, publicKey: spki };
    },
    sign: async (db, keyId, purpose, bytes) => {
      const { key, hash } = await loadKey(secrets, db, keyId, purpose);
      return sign(hash, bytes, key);
    },
  };
}

function sealContext(id: string, purpose: KeyPurpose): string {
  return `certs.key/${purpose}/${id}`;
}

async function loadKey(
  secrets: SecretBox,
  db: Database | Transaction,
  id: string,
  purpose: KeyPurpose,
): Promise<{ key: KeyObject; hash: string }> {
  const row = await certsOf(db)
    .selectFrom('certs.key')
    .selectAll()
    .where('id', '=', id)
    .where('purpose', '=', purpose)
    .executeTakeFirst();
  const hash = hashes[row?.algorithm ?? ''];
  if (!row || !hash) {
    throw new Unavailable('keys/no-key', {
      vi: 'Không tìm thấy khoá ký cho việc này.',
      en: 'There is no signing key for this.',
    });
  }
  const pkcs8 = secrets.open(row.sealed_private_key, sealContext(id, purpose));
  return { key: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }), hash };
}
