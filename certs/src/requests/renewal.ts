import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { parseCertificate } from '../certificate/certificate.ts';
import { certsOf, type KeyCustody } from '../tables.ts';
import { keyHash } from './key.ts';
import { dueBefore, renewalMs, tooOldBefore } from './rules.ts';
import type { CertifiedParty } from './subject.ts';

/** Whether certificate `c` has a follower, or an open request for one. */
const isBeingRenewed = sql<boolean>`EXISTS (
  SELECT FROM certs.request AS f LEFT JOIN certs.certificate AS n ON n.serial = f.certificate_serial
  WHERE f.renews = c.serial AND (f.state IN ('waiting', 'approved') OR (f.state = 'issued' AND n.revoked_at IS NULL)))`;

/** Until when after its end a certificate may still be renewed: a server that stood still for a holiday. */
function endedTooLongAgo(now: Date): Date {
  return new Date(now.getTime() - renewalMs);
}

/**
 * Locks a certificate that is to be renewed, so that it gets one follower.
 *
 * @throws Conflict `certificate-requests/not-renewable`, `certificate-requests/other-subject`.
 */
export async function mustBeRenewable(
  transaction: Transaction,
  { renews, organisationId, personId, now }: CertifiedParty & { readonly renews: string; readonly now: Date },
): Promise<{ readonly serial: string; readonly isBeingRenewed: boolean }> {
  // Held first, looked at then: a statement that waits for the lock sees the others' rows as they were before it waited.
  await sql`SELECT FROM certs.certificate WHERE serial = ${renews} FOR UPDATE`.execute(transaction);
  // of this capability's own: a phone's certificate is renewed by signing, a service's by the authority
  const { rows } = await sql<{ isSame: boolean; isOver: boolean; isBeingRenewed: boolean }>`
    SELECT c.organisation_id = ${organisationId} AND c.person_id IS NOT DISTINCT FROM ${personId}::uuid AS "isSame",
      c.revoked_at IS NOT NULL OR c.not_after < ${endedTooLongAgo(now)} AS "isOver", ${isBeingRenewed} AS "isBeingRenewed"
    FROM certs.certificate AS c WHERE c.serial = ${renews} AND c.state = 'issued'
      AND starts_with(c.request_key, 'certificate-request/')`.execute(transaction);
  const [found] = rows;
  if (!found || found.isOver) {
    throw new Conflict(
      'certificate-requests/not-renewable',
      {
        vi: 'Chứng thư này không cấp tiếp được: đã thu hồi, tạm dừng, hết hạn quá lâu, hoặc không được cấp theo yêu cầu.',
        en: 'This certificate cannot be renewed: revoked, suspended, ended too long ago, or not issued on request.',
      },
      { remedy: { vi: 'Xin một chứng thư mới.', en: 'Ask for a new certificate.' } },
    );
  }
  if (!found.isSame) {
    throw new Conflict('certificate-requests/other-subject', {
      vi: 'Chứng thư cần cấp tiếp là của đơn vị hoặc người khác.',
      en: 'The certificate to renew belongs to another organisation or person.',
    });
  }
  return { serial: renews, isBeingRenewed: found.isBeingRenewed };
}

/** The outside key of a certificate, to be certified again. @throws InvalidInput for one of our key store. */
export async function keyOfRenewed(transaction: Transaction, serial: string): Promise<Buffer> {
  const { rows } = await sql<{ der: Buffer; custody: KeyCustody }>`
    SELECT c.der, r.custody FROM certs.certificate AS c JOIN certs.request AS r ON r.certificate_serial = c.serial
    WHERE c.serial = ${serial}`.execute(transaction);
  if (rows[0]?.custody === 'outside') return parseCertificate(rows[0].der).subjectPublicKeyInfo;
  throw new InvalidInput('certificate-requests/no-key', {
    vi: 'Chứng thư cũ không dùng khoá ngoài, nên cần yêu cầu (CSR) của khoá mới.',
    en: 'The old certificate has no outside key: the request (CSR) of the new key is needed.',
  });
}

/** @throws Conflict `certificate-requests/old-key` for a key that has been certified for three years. */
export async function mustBeYoungKey(transaction: Transaction, publicKey: Buffer, now: Date): Promise<void> {
  const { first } = await certsOf(transaction)
    .selectFrom('certs.certificate')
    .select(({ fn }) => fn.min('not_before').as('first'))
    .where('public_key_sha256', '=', keyHash(publicKey))
    .where('state', '=', 'issued')
    .executeTakeFirstOrThrow();
  if (!first || first > tooOldBefore(now)) return;
  throw new Conflict(
    'certificate-requests/old-key',
    {
      vi: 'Khoá này đã dùng đủ 3 năm kể từ chứng thư đầu tiên.',
      en: 'It is three years since this key was certified first.',
    },
    {
      remedy: { vi: 'Tạo khoá mới rồi tải yêu cầu (CSR) mới lên.', en: 'Make a new key and upload its request (CSR).' },
    },
  );
}

/** A certificate that ends within thirty days, or has just ended, and has no follower. */
export interface DueCertificate {
  readonly serial: string;
  readonly profile: 'seal' | 'official';
  readonly custody: KeyCustody;
  readonly organisation: { readonly id: string; readonly name: string };
  readonly person: { readonly id: string; readonly fullName: string } | null;
  readonly notAfter: Date;
  /** Whether the same key may be certified again. */
  readonly keyMayStay: boolean;
  /** A key of our key store: for the program, which renews it by itself. */
  readonly keyId: string | null;
}

/** Whether the key of certificate `c` may be certified again. */
const keyMayStay = (now: Date) => sql<boolean>`(SELECT min(k.not_before) FROM certs.certificate AS k
  WHERE k.public_key_sha256 = c.public_key_sha256 AND k.state = 'issued') > ${tooOldBefore(now)}`;

/** At most 500, soonest end first: in a scope, or those that the program renews by itself. */
export async function listDue(
  db: Database | Transaction,
  now: Date,
  which: { readonly scope: readonly string[] } | 'renewed-by-itself',
): Promise<DueCertificate[]> {
  const chosen =
    which === 'renewed-by-itself'
      ? sql`AND r.custody = 'key-store' AND ${keyMayStay(now)}`
      : sql`AND o.path && ${[...which.scope]}::uuid[]`;
  const { rows } = await sql<DueCertificate>`
    SELECT c.serial, r.profile, r.custody, r.key_id AS "keyId", c.not_after AS "notAfter",
      ${keyMayStay(now)} AS "keyMayStay",
      jsonb_build_object('id', o.id, 'name', o.name) AS organisation,
      CASE WHEN p.id IS NULL THEN NULL ELSE jsonb_build_object('id', p.id, 'fullName', p.full_name) END AS person
    FROM certs.certificate AS c JOIN certs.request AS r ON r.certificate_serial = c.serial
    JOIN registry.organisation AS o ON o.id = r.organisation_id LEFT JOIN registry.person AS p ON p.id = r.person_id
    WHERE c.state = 'issued' AND c.revoked_at IS NULL
      AND c.not_after > ${endedTooLongAgo(now)} AND c.not_after < ${dueBefore(now)} AND NOT ${isBeingRenewed} ${chosen}
    ORDER BY c.not_after, c.serial LIMIT 500`.execute(db);
  return rows;
}
