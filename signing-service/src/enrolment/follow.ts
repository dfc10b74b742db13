import type { ServiceContext } from '@edutrust/platform/context';
import type { OutboxReader, RecordedEvent } from '@edutrust/platform/events';
import { findSigners } from '../requests/registry.ts';
import { signingOf } from '../tables.ts';
import { type RevocationReason, revokeEnrolment } from './certificate.ts';
import { currentStates } from './states.ts';

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

async function follow(context: ServiceContext, { type, subject }: RecordedEvent): Promise<void> {
  const current = await signingOf(context.db)
    .selectFrom('signing.enrolment')
    .select(['id', 'person_id', 'organisation_id'])
    .where(type === 'certificate.revoked' ? 'certificate_serial' : 'person_id', '=', subject.id)
    .where('state', 'in', [...currentStates])
    .executeTakeFirst();
  if (!current) return;
  const isSigner = await findSigners(context.db, {
    personId: current.person_id,
    organisationId: current.organisation_id,
  });
  if (type !== 'certificate.revoked' && isSigner.length > 0) return;
  const reason: RevocationReason = type === 'certificate.revoked' ? 'replaced' : 'left';
  await revokeEnrolment(context, current.id, reason, { kind: 'system', name: 'signing' });
}
