import type { ServiceContext } from '@edutrust/platform/context';
import type { OutboxReader, RecordedEvent } from '@edutrust/platform/outbox';
import { findSigners } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { signingOf } from '../tables.ts';
import { type RevocationReason, revokeEnrolment } from './certificate.ts';
import { currentStates, enrollingRoles } from './states.ts';

/**
 * Follows what happens elsewhere to people who sign: who leaves or is no longer a signer, or whose certificate was revoked
 * by an officer, has no enrolment any more. Signing itself looks at the facts each time and does not wait for this.
 */
export function enrolmentFollower(context: ServiceContext): OutboxReader {
  return {
    consumer: 'signing.enrolment',
    types: ['person.left', 'person.merged', 'role.ended', 'certificate.revoked'],
    // Revoking is idempotent and has its own transaction: an event that comes twice does no harm.
    handle: async (events) => {
      for (const event of events) await follow(context, event);
    },
  };
}

async function follow(context: ServiceContext, event: RecordedEvent): Promise<void> {
  const current =
    event.type === 'certificate.revoked'
      ? await enrolmentOfRevoked(context, event)
      : await enrolmentOfFormerSigner(context, event.subject.id);
  if (current) await revokeEnrolment(context, current.id, current.reason, { kind: 'system', name: 'signing' });
}

interface Ending {
  readonly id: string;
  readonly reason: RevocationReason;
}

/** The end of the present certificate ends the enrolment; of an earlier one of its key only when the key is compromised. */
async function enrolmentOfRevoked(
  { db }: ServiceContext,
  { subject, data }: RecordedEvent,
): Promise<Ending | undefined> {
  const isCompromised = data.reason === 'keyCompromise';
  const { rows } = await sql<{ id: string }>`
    SELECT e.id FROM certs.certificate AS c JOIN signing.enrolment AS e
      ON e.certificate_serial = c.serial OR (${isCompromised}::boolean AND sha256(e.public_key_spki) = c.public_key_sha256)
    WHERE c.serial = ${subject.id} AND e.state = ANY(${[...currentStates]}::text[])`.execute(db);
  return rows[0] && { id: rows[0].id, reason: isCompromised ? 'lost' : 'replaced' };
}

async function enrolmentOfFormerSigner({ db, secrets }: ServiceContext, personId: string): Promise<Ending | undefined> {
  const current = await signingOf(db)
    .selectFrom('signing.enrolment')
    .select(['id', 'organisation_id'])
    .where('person_id', '=', personId)
    .where('state', 'in', [...currentStates])
    .executeTakeFirst();
  if (!current) return undefined;
  const signers = await findSigners(
    { db, secrets },
    { personId, organisationId: current.organisation_id, roles: enrollingRoles },
  );
  return signers.length > 0 ? undefined : { id: current.id, reason: 'left' };
}
