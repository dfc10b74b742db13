import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Unavailable } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { certsOf } from '../tables.ts';
import type { KeyAlgorithm, KeyPurpose } from './key.ts';
import { makeSoftKey, sealSoftKey, signDigestSoftly, signSoftly } from './soft.ts';
import { type Token, tokenOf } from './token.ts';

export type { KeyAlgorithm, KeyPurpose } from './key.ts';

export interface StoredKey {
  readonly id: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

/** Where private keys live: they are named by id and never leave. */
export interface KeyStore {
  /** Makes a key; it exists when the transaction commits. In the token when there is one. */
  generate(transaction: Transaction, purpose: KeyPurpose, algorithm?: KeyAlgorithm): Promise<StoredKey>;
  /** Takes over a key that was made elsewhere: PKCS #8, DER. */
  import(transaction: Transaction, purpose: KeyPurpose, pkcs8: Buffer): Promise<StoredKey>;
  /**
   * ECDSA over the bytes with the hash of the key's size (SHA-256, SHA-384), as DER `ECDSA-Sig-Value`; RSA as PKCS #1 v1.5
   * with SHA-256. The purpose is asked again, so that a key is never used for another.
   *
   * @throws Unavailable `keys/no-key`; `keys/offline` for a key that is kept apart; `keys/token-lost`.
   */
  sign(db: Database | Transaction, keyId: string, purpose: KeyPurpose, bytes: Uint8Array): Promise<Buffer>;
  /**
   * The same for several in one go: the key is looked up and its purpose asked once. Not to be kept.
   *
   * @throws as {@link KeyStore.sign}
   */
  signer(
    db: Database | Transaction,
    keyId: string,
    purpose: KeyPurpose,
  ): Promise<(bytes: Uint8Array) => Promise<Buffer>>;
  /**
   * ECDSA over a SHA-256 digest that somebody else computed, as DER: for a person who confirmed this very digest. Only a
   * `signer` key on P-256 signs so.
   *
   * @throws as {@link KeyStore.sign}; Unavailable `keys/no-key` for a key of another algorithm
   */
  signDigest(db: Database | Transaction, keyId: string, digest: Uint8Array): Promise<Buffer>;
  /** Resolves when the token answers; at once when there is none. @throws Unavailable `keys/token-lost` */
  health(): Promise<void>;
}

/** Keys in the token of the configuration, else sealed in PostgreSQL. A key stays where it was made. */
export function keyStore({ config, secrets }: Pick<ServiceContext, 'config' | 'secrets'>): KeyStore {
  const token = tokenOf(config);
  const signer: KeyStore['signer'] = async (db, keyId, purpose) => {
    const { algorithm, sealed } = await keyOf(db, keyId, purpose);
    if (sealed) return async (bytes) => signSoftly(secrets, { id: keyId, purpose, algorithm, sealed }, bytes);
    const held = mustBeThere(token);
    return (bytes) => held.sign(keyId, algorithm, bytes);
  };
  return {
    generate: async (transaction, purpose, algorithm = 'p256') => {
      const id = uuidv7();
      const made = token ? await token.generate(id, algorithm) : makeSoftKey(secrets, id, purpose, algorithm);
      return keep(transaction, { id, purpose, algorithm, ...made });
    },
    import: async (transaction, purpose, pkcs8) => {
      const id = uuidv7();
      const { algorithm, ...made } = sealSoftKey(secrets, id, purpose, pkcs8);
      if (!token) return keep(transaction, { id, purpose, algorithm, ...made });
      await token.import(id, pkcs8);
      return keep(transaction, { id, purpose, algorithm, publicKey: made.publicKey });
    },
    sign: async (db, keyId, purpose, bytes) => (await signer(db, keyId, purpose))(bytes),
    signer,
    signDigest: async (db, keyId, digest) => {
      const { algorithm, sealed } = await keyOf(db, keyId, 'signer');
      if (algorithm !== 'p256' || digest.length !== 32) throw noKey();
      if (sealed) return signDigestSoftly(secrets, { id: keyId, purpose: 'signer', algorithm, sealed }, digest);
      return mustBeThere(token).signDigest(keyId, algorithm, digest);
    },
    health: async () => token?.health(),
  };
}

interface KeyRow {
  readonly algorithm: KeyAlgorithm;
  /** Null for a key in the token. */
  readonly sealed: Buffer | null;
}

/** @throws Unavailable `keys/no-key`, `keys/offline` */
async function keyOf(db: Database | Transaction, keyId: string, purpose: KeyPurpose): Promise<KeyRow> {
  const row = await certsOf(db)
    .selectFrom('certs.key')
    .select(['store', 'algorithm', 'sealed_private_key'])
    .where('id', '=', keyId)
    .where('purpose', '=', purpose)
    .executeTakeFirst();
  if (!row) throw noKey();
  if (row.store === 'offline') {
    throw new Unavailable('keys/offline', {
      vi: 'Khoá này được cất riêng, không nằm trên máy chủ.',
      en: 'This key is kept offline and is not on the server.',
    });
  }
  return { algorithm: row.algorithm as KeyAlgorithm, sealed: row.sealed_private_key }; // written by `keep` alone
}

/** @throws Unavailable `keys/token-lost` */
function mustBeThere(token: Token | undefined): Token {
  if (token) return token;
  throw new Unavailable('keys/token-lost', {
    vi: 'Khoá này nằm trong thiết bị PKCS#11, nhưng cấu hình không có thiết bị nào.',
    en: 'This key is in a PKCS#11 token, but none is configured.',
  });
}

function noKey(): Unavailable {
  return new Unavailable('keys/no-key', {
    vi: 'Không tìm thấy khoá ký cho việc này.',
    en: 'There is no signing key for this.',
  });
}

/** A public key whose private half stays away from the server: the root's. */
export async function keepOfflineKey(
  transaction: Transaction,
  publicKey: Buffer,
  algorithm: KeyAlgorithm,
): Promise<StoredKey> {
  const id = uuidv7();
  await certsOf(transaction)
    .insertInto('certs.key')
    .values({ id, purpose: 'ca', algorithm, public_key: publicKey, store: 'offline', sealed_private_key: null })
    .execute();
  return { id, publicKey };
}

async function keep(
  transaction: Transaction,
  key: {
    readonly id: string;
    readonly purpose: KeyPurpose;
    readonly algorithm: KeyAlgorithm;
    readonly publicKey: Buffer;
    readonly sealed?: Buffer;
  },
): Promise<StoredKey> {
  await certsOf(transaction)
    .insertInto('certs.key')
    .values({
      id: key.id,
      purpose: key.purpose,
      algorithm: key.algorithm,
      public_key: key.publicKey,
      store: key.sealed ? 'soft' : 'pkcs11',
      sealed_private_key: key.sealed ?? null,
    })
    .execute();
  return { id: key.id, publicKey: key.publicKey };
}
