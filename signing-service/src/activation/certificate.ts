import { createHash } from 'node:crypto';
import { chainAbove } from '@edutrust/certs/authority';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { type EduTrustError, InvalidInput } from '@edutrust/platform/errors';
import { type Selectable, sql } from 'kysely';
import type { SigningTables } from '../tables.ts';
import type { AuthorisedList } from './list.ts';

type Session = Selectable<SigningTables['signing.session']>;

/** The certificate with which the documents of a session are signed. */
export interface SessionCertificate {
  /** DER. */
  readonly der: Buffer;
  /** Ours; null for a certificate that somebody else issued. */
  readonly issuerId: string | null;
  /** What the file carries beside it, of such a certificate; DER. */
  readonly issuers: readonly Buffer[];
  /** Whether a signature made now would be good: enrolled, not revoked, not suspended, not ended. */
  readonly isUsable: boolean;
}

/**
 * The very certificate that the session's list binds, also when the enrolment has got its next one since: what was
 * confirmed and what the signed attributes name stays one. Undefined when there is none whose hash is in the list.
 */
export async function certificateOf(
  db: Database | Transaction,
  session: Pick<Session, 'enrolment_id' | 'machine_id' | 'certificate_serial' | 'list'>,
  now: Date,
): Promise<SessionCertificate | undefined> {
  const { rows } = session.machine_id
    ? await machineCertificate(db, session.machine_id, now)
    : await enrolmentCertificate(db, session, now);
  const [found] = rows;
  const { certificate } = JSON.parse(session.list) as AuthorisedList; // written by challengeOf alone
  return found && createHash('sha256').update(found.der).digest('hex') === certificate ? found : undefined;
}

/** On the school's own token: usable while the machine is paired, and not revoked where we issued it. */
function machineCertificate(db: Database | Transaction, machineId: string, now: Date) {
  return sql<SessionCertificate>`
    SELECT m.certificate AS der, NULL AS "issuerId", m.issuers,
      m.state = 'paired' AND m.expires_at > ${now} AND NOT EXISTS (
        SELECT FROM certs.certificate AS c WHERE c.der = m.certificate AND c.revoked_at IS NOT NULL) AS "isUsable"
    FROM signing.sealing_machine AS m WHERE m.id = ${machineId}`.execute(db);
}

function enrolmentCertificate(
  db: Database | Transaction,
  session: Pick<Session, 'enrolment_id' | 'certificate_serial'>,
  now: Date,
) {
  return sql<SessionCertificate>`
    SELECT c.der, c.issuer_id AS "issuerId", '{}'::bytea[] AS issuers,
      e.state = 'enrolled' AND c.revoked_at IS NULL AND c.not_after > ${now} AS "isUsable"
    FROM signing.enrolment AS e
    JOIN certs.certificate AS c ON c.serial = coalesce(${session.certificate_serial}::text, e.certificate_serial)
    WHERE e.id = ${session.enrolment_id} AND c.state = 'issued'`.execute(db);
}

/** What the file carries: the signer's certificate and its issuers without the root, which a verifier has already, or does not trust. */
export async function certificatesFor(
  context: Pick<ServiceContext, 'db' | 'clock'>,
  session: Parameters<typeof certificateOf>[1],
): Promise<Buffer[]> {
  const certificate = await certificateOf(context.db, session, context.clock.now());
  if (!certificate) return [];
  const { der, issuerId, issuers } = certificate;
  return [der, ...(issuerId ? (await chainAbove(context, issuerId)).slice(0, -1) : issuers)];
}

export function revokedMeanwhile(): EduTrustError {
  return new InvalidInput('signing/certificate-revoked', {
    vi: 'Chứng thư ký số đã bị thu hồi hoặc hết hạn trước khi ký xong. Văn bản vẫn chờ ký.',
    en: 'The certificate was revoked or ended before the signature was complete. The document still waits.',
  });
}
