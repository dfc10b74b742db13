import type { ServiceContext } from '@edutrust/platform/context';
import type { OutboxReader } from '@edutrust/platform/outbox';
import { sql } from 'kysely';
import { revokeCertificate } from '../authority/authority.ts';
import { program } from './issue.ts';
import { findSignerOf } from './subject.ts';

/**
 * Anyone who leaves, or is no longer a signer of an organisation, loses the certificates that were issued on request for that
 * organisation. (Those of phones are the signing service's.)
 */
export function signerFollower(context: ServiceContext): OutboxReader {
  return {
    consumer: 'certs.requests',
    types: ['person.left', 'person.merged', 'role.ended'],
    // Revoking is idempotent and has its own transaction: an event that comes twice does no harm.
    handle: async (events) => {
      for (const { subject } of events) await revokeOfFormerSigners(context, subject.id);
    },
  };
}

/** Also asked at night of everybody: an event may have come while a certificate was on its way. */
export async function revokeOfFormerSigners(context: ServiceContext, onlyPersonId?: string): Promise<void> {
  const person = onlyPersonId ? sql`= ${onlyPersonId}` : sql`IS NOT NULL`;
  const { rows } = await sql<{ serial: string; personId: string; organisationId: string }>`
    SELECT c.serial, c.person_id AS "personId", r.organisation_id AS "organisationId"
    FROM certs.certificate AS c JOIN certs.request AS r ON r.certificate_serial = c.serial
    WHERE c.person_id ${person} AND c.not_after > ${context.clock.now()}
      AND (c.revoked_at IS NULL OR c.revocation_reason = 'certificateHold')`.execute(context.db);
  for (const { serial, personId, organisationId } of rows) {
    if (await findSignerOf(context, organisationId, personId)) continue;
    await revokeCertificate(context, serial, 'affiliationChanged', program);
  }
}
