import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound, Unavailable } from '@edutrust/platform/errors';
import { record } from '../events.ts';
import { publishRevocationList } from '../revocation/revocation-list.ts';
import { certsOf } from '../tables.ts';
import type { RevocationReason } from './reasons.ts';

/**
 * Revokes a certificate and publishes a new list in the same transaction. `certificateHold` suspends: it may be released,
 * or become final with another reason. A final revocation is never taken back, and revoking again changes nothing.
 *
 * @throws NotFound; Conflict for a certificate that was never completed.
 */
export async function revokeCertificate(
  context: ServiceContext,
  serial: string,
  reason: RevocationReason,
  actor: Actor,
): Promise<void> {
  await context.db.transaction().execute((transaction) => revokeIn(transaction, context, serial, reason, actor));
}

/** The same in a transaction. */
export async function revokeIn(
  transaction: Transaction,
  context: ServiceContext,
  serial: string,
  reason: RevocationReason,
  actor: Actor,
): Promise<void> {
  const found = await lockCertificate(transaction, serial);
  if (found.revoked_at && (found.revocation_reason !== 'certificateHold' || reason === 'certificateHold')) return;
  await certsOf(transaction)
    .updateTable('certs.certificate')
    // what was suspended counts as revoked from the suspension on
    .set({ revoked_at: found.revoked_at ?? context.clock.now(), revocation_reason: reason, listed_in: null })
    .where('serial', '=', serial)
    .execute();
  await record(transaction, {
    type: reason === 'certificateHold' ? 'certificate.suspended' : 'certificate.revoked',
    actor,
    subject: { kind: 'certificate', id: serial },
    ...(found.organisation_id ? { organisationId: found.organisation_id } : {}),
    data: { reason },
  });
  await publishOrLater(context, transaction, found.issuer_id);
}

/** Ends a suspension. @throws NotFound; Conflict `certificates/not-suspended`. */
export async function releaseCertificate(context: ServiceContext, serial: string, actor: Actor): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    const found = await lockCertificate(transaction, serial);
    if (found.revocation_reason !== 'certificateHold') {
      throw new Conflict('certificates/not-suspended', {
        vi: 'Chứng thư này không ở trạng thái tạm dừng; thu hồi hẳn thì không đảo lại được.',
        en: 'This certificate is not suspended; a final revocation cannot be taken back.',
      });
    }
    await certsOf(transaction)
      .updateTable('certs.certificate')
      .set({ revoked_at: null, revocation_reason: null, released_at: context.clock.now(), listed_in: null })
      .where('serial', '=', serial)
      .execute();
    await record(transaction, {
      type: 'certificate.released',
      actor,
      subject: { kind: 'certificate', id: serial },
      ...(found.organisation_id ? { organisationId: found.organisation_id } : {}),
      data: {},
    });
    await publishOrLater(context, transaction, found.issuer_id);
  });
}

async function lockCertificate(transaction: Transaction, serial: string) {
  const found = await certsOf(transaction)
    .selectFrom('certs.certificate')
    .select(['state', 'issuer_id', 'organisation_id', 'revoked_at', 'revocation_reason'])
    .where('serial', '=', serial)
    .forUpdate()
    .executeTakeFirst();
  if (!found) {
    throw new NotFound('certificates/not-found', {
      vi: 'Không có chứng thư này.',
      en: 'There is no such certificate.',
    });
  }
  if (found.state === 'intent') {
    throw new Conflict('certificates/never-issued', {
      vi: 'Chứng thư này chưa được cấp xong.',
      en: 'This certificate was never completed.',
    });
  }
  return found;
}

/** A revocation stands also while the authority's key is out of reach: OCSP tells of it at once, the list follows. */
async function publishOrLater(context: ServiceContext, transaction: Transaction, issuerId: string): Promise<void> {
  try {
    await publishRevocationList(context, transaction, issuerId);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    context.log.error({ issuer: issuerId, code: error.code }, 'the revocation list waits for the authority’s key');
  }
}
