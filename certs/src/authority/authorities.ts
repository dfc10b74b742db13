import type { Database, Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { parseCertificate } from '../certificate/certificate.ts';
import type { SignatureAlgorithmName } from '../certificate/signature.ts';
import { certsOf } from '../tables.ts';

/** An authority of ours: `root`, `people` or `services`. */
export interface Authority {
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  /** Null for the root. */
  readonly issuerId: string | null;
  readonly keyId: string;
  /** DER. */
  readonly certificate: Buffer;
  /** What its key signs with. */
  readonly signatureAlgorithm: SignatureAlgorithmName;
}

export async function listAuthorities(db: Database | Transaction): Promise<Authority[]> {
  const rows = await certsOf(db).selectFrom('certs.authority').selectAll().orderBy('id').execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    purpose: row.purpose,
    issuerId: row.issuer_id,
    keyId: row.key_id,
    certificate: row.certificate,
    signatureAlgorithm:
      parseCertificate(row.certificate).publicKey().asymmetricKeyDetails?.namedCurve === 'secp384r1'
        ? 'ecdsa-sha384'
        : 'ecdsa-sha256',
  }));
}

/** @throws NotFound */
export async function findAuthority(db: Database | Transaction, id: string): Promise<Authority> {
  const found = (await listAuthorities(db)).find((authority) => authority.id === id);
  if (!found)
    throw new NotFound('authorities/not-found', {
      vi: 'Không có tổ chức chứng thực này.',
      en: 'There is no such authority.',
    });
  return found;
}
