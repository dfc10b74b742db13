import { createPublicKey, randomBytes, verify } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { nullable, strict, Uuid } from '@edutrust/platform/schemas';
import { mustBeApproved } from '@edutrust/registry/approvals';
import { sql } from 'kysely';
import Type from 'typebox';
import type { CertificateSubject } from '../authority/authority.ts';
import { keyStore } from '../key-store/key-store.ts';
import { keyHash } from './key.ts';
import type { RequestRow } from './requests.ts';

/** What two people agree to before a certificate is issued. */
const Certifying = Type.Object(
  {
    requestId: Uuid,
    profile: Type.Enum(['seal', 'official']),
    custody: Type.Enum(['outside', 'key-store']),
    organisationId: Uuid,
    organisationName: Type.String(),
    personId: nullable(Uuid),
    personName: nullable(Type.String()),
    /** What the certificate would say, by name of the attribute. */
    subject: Type.Record(Type.String(), Type.String()),
    /** SHA-256 of the SubjectPublicKeyInfo of an outside key, hexadecimal. */
    keySha256: nullable(Type.String()),
    renews: nullable(Type.String()),
  },
  strict,
);
export type Certifying = Type.Static<typeof Certifying>;

/** Which approval a request has: its kind, and what it covers. */
export const certifying = { kind: 'certificate.issue', content: Certifying };

/** @throws Conflict `certificate-requests/subject-changed` */
export function mustBeTheSameSubject(now: CertificateSubject, { subject }: Pick<Certifying, 'subject'>): void {
  const names = new Set([...Object.keys(now), ...Object.keys(subject)]);
  if ([...names].every((name) => now[name as keyof CertificateSubject] === subject[name])) return;
  throw new Conflict(
    'certificate-requests/subject-changed',
    {
      vi: 'Tên trong sổ đã khác với tên mà hai người đã đồng ý.',
      en: 'The registry now has a different name from the one that two people agreed to.',
    },
    { remedy: { vi: 'Gửi yêu cầu mới.', en: 'Ask again.' } },
  );
}

/**
 * Whether two people agreed to this very request: its own approval, or that of the first certificate of its chain of
 * renewals, which the program made by itself. A key of the key store has to answer there; an outside key has to be the
 * one that was agreed to. Rows that somebody wrote into the table are none of these.
 *
 * @throws Conflict `approvals/none`, `certificate-requests/other-key`
 */
export async function approvedCertificate(
  context: Pick<ServiceContext, 'config' | 'secrets'>,
  db: Database | Transaction,
  request: RequestRow,
): Promise<Certifying> {
  const first = await firstOfChain(db, request);
  const covered = await mustBeApproved<Certifying>(db, context.secrets, certifying, first.approvalId);
  const isCovered =
    covered.requestId === first.id &&
    covered.profile === request.profile &&
    covered.custody === request.custody &&
    covered.organisationId === request.organisation_id &&
    covered.personId === request.person_id;
  const { public_key: publicKey } = request;
  if (!isCovered || !publicKey) throw otherKey();
  if (request.custody === 'key-store') await mustAnswer(context, db, request.key_id ?? '', publicKey);
  else if (keyHash(publicKey).toString('hex') !== covered.keySha256) throw otherKey();
  return covered;
}

async function firstOfChain(db: Database | Transaction, { id, custody, approval_id }: RequestRow) {
  if (approval_id !== null || custody === 'outside') return { id, approvalId: approval_id };
  const { rows } = await sql<{ id: string; approvalId: string | null }>`
    WITH RECURSIVE chain AS (
      SELECT id, renews, approval_id, organisation_id, 0 AS depth FROM certs.request WHERE id = ${id}
      UNION ALL
      SELECT r.id, r.renews, r.approval_id, r.organisation_id, c.depth + 1
      FROM chain AS c JOIN certs.request AS r ON r.certificate_serial = c.renews AND r.organisation_id = c.organisation_id
      WHERE c.approval_id IS NULL AND c.depth < 50)
    SELECT id, approval_id AS "approvalId" FROM chain ORDER BY depth DESC LIMIT 1`.execute(db);
  return rows[0] ?? { id, approvalId: null };
}

/** Whether the key store has the private key of this public key: what is certified there is ours to use, and nobody else's. */
async function mustAnswer(
  context: Pick<ServiceContext, 'config' | 'secrets'>,
  db: Database | Transaction,
  keyId: string,
  publicKey: Buffer,
): Promise<void> {
  const probe = randomBytes(32);
  const signature = await keyStore(context).sign(db, keyId, 'seal', probe);
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  const hash = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256';
  if (!verify(hash, probe, key, signature)) throw otherKey();
}

export function otherKey(): Conflict {
  return new Conflict('certificate-requests/other-key', {
    vi: 'Khoá này không phải khoá mà hai người đã đồng ý.',
    en: 'This is not the key that two people agreed to.',
  });
}
