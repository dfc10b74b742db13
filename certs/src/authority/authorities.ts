import type { Database, Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { parseCertificate } from '../certificate/certificate.ts';
import { algorithmOfKey, type SignatureAlgorithmName } from '../certificate/signature.ts';
import { certsOf } from '../tables.ts';

/** What an authority is there for: the anchor, certificates of people and organisations, certificates of services. */
export type AuthorityRole = 'root' | 'people' | 'services';

/** An authority of ours. The first of a role has the role's name as its id; one that a roll-over made has `-2`, `-3` … */
export interface Authority {
  readonly id: string;
  readonly role: AuthorityRole;
  readonly name: string;
  readonly purpose: string;
  /** Null for a root. */
  readonly issuerId: string | null;
  readonly keyId: string;
  /** DER. */
  readonly certificate: Buffer;
  /** What its key signs with. */
  readonly signatureAlgorithm: SignatureAlgorithmName;
  /** From then on it issues nothing more; its lists and answers go on until its last certificate ends. */
  readonly retiredAt: Date | null;
}

export async function listAuthorities(db: Database | Transaction): Promise<Authority[]> {
  const rows = await certsOf(db).selectFrom('certs.authority').selectAll().orderBy('id').execute();
  return rows.map((row) => ({
    id: row.id,
    role: row.role,
    name: row.name,
    purpose: row.purpose,
    issuerId: row.issuer_id,
    keyId: row.key_id,
    certificate: row.certificate,
    signatureAlgorithm: algorithmOfKey(parseCertificate(row.certificate).publicKey()),
    retiredAt: row.retired_at,
  }));
}

/** @throws NotFound */
export async function findAuthority(db: Database | Transaction, id: string): Promise<Authority> {
  return found((await listAuthorities(db)).find((authority) => authority.id === id));
}

/** The one authority that issues for a role now. @throws NotFound before the ceremony. */
export async function currentAuthority(db: Database | Transaction, role: AuthorityRole): Promise<Authority> {
  return found((await listAuthorities(db)).find((one) => one.role === role && one.retiredAt === null));
}

function found(authority: Authority | undefined): Authority {
  if (authority) return authority;
  throw new NotFound('authorities/not-found', {
    vi: 'Không có tổ chức chứng thực này.',
    en: 'There is no such authority.',
  });
}
