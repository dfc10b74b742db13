import { issueCertificate } from '@edutrust/certs/authority';
import { dueBefore, renewalMs, tooOldBefore } from '@edutrust/certs/renewal';
import type { ServiceContext } from '@edutrust/platform/context';
import { findSigners } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import { approvedPhone } from './approved.ts';
import { program, revokeTask, subjectOf } from './certificate.ts';
import { lockEnrolment } from './enrolment.ts';
import { enrollingRoles } from './states.ts';

/** The nightly job. */
export const renewTask = 'signing.renew-certificates';

/**
 * Renews the certificates of phones that end within thirty days, for the same key, which never leaves its phone: nobody
 * has to tap. Anyone who is no longer a signer, is revoked or suspended, or was approved three years ago is left alone.
 */
export async function renewCertificates(context: ServiceContext): Promise<void> {
  const { db, clock, log } = context;
  const now = clock.now();
  const { rows } = await sql<{ id: string; serial: string }>`
    SELECT e.id, c.serial FROM signing.enrolment AS e JOIN certs.certificate AS c ON c.serial = e.certificate_serial
    WHERE e.state = 'enrolled' AND c.revoked_at IS NULL AND c.not_after < ${dueBefore(now)}
      AND e.decided_at > ${tooOldBefore(now)} ORDER BY c.not_after`.execute(db);
  for (const { id, serial } of rows) {
    await renewEnrolment(context, id, serial).catch((error: unknown) =>
      log.error({ err: error, enrolment: id }, 'a certificate was not renewed; the next night tries again'),
    );
  }
  await revokeLeftovers(context);
}

/**
 * The next certificate of an enrolment, with the names that two people agreed to while the registry has them still; the one before stays until it ends.
 * Idempotent: a certificate has one that follows it.
 */
async function renewEnrolment(context: ServiceContext, id: string, before: string): Promise<void> {
  const { db, jobs } = context;
  const enrolment = await signingOf(db)
    .selectFrom('signing.enrolment')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (enrolment?.state !== 'enrolled' || enrolment.certificate_serial !== before) return; // another process was faster
  const { person_id: personId, organisation_id: organisationId } = enrolment;
  const [signer] = await findSigners(context, { personId, organisationId, roles: enrollingRoles });
  if (!signer) return; // no longer a signer of the organisation
  const phone = await approvedPhone(context, db, enrolment);
  // Another name or title than two people agreed to is not certified: the signer enrols again.
  if (signer.fullName !== phone.personName || signer.title !== phone.title) return;
  if (signer.organisationName !== phone.organisationName) return;
  const { serial, der } = await issueCertificate(context, {
    profile: 'official',
    subject: subjectOf(phone),
    publicKey: enrolment.public_key_spki,
    personId,
    organisationId,
    requestKey: `signing-enrolment/${id}/${before}`,
  });
  await db.transaction().execute(async (transaction) => {
    const { state, certificate_serial } = await lockEnrolment(transaction, id);
    if (state === 'revoked') {
      // Revoked while it was being issued: what exists now is revoked too.
      await jobs.enqueue(transaction, revokeTask, { enrolmentId: id }, { key: `${revokeTask}:${id}` });
      return;
    }
    if (state !== 'enrolled' || certificate_serial !== before) return; // another process was faster
    await signingOf(transaction)
      .updateTable('signing.enrolment')
      .set({ certificate_serial: serial, certificate: der })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'signing-enrolment.renewed',
      actor: program,
      subject: { kind: 'signing-enrolment', id },
      organisationId,
      data: { serial, renews: before },
    });
  });
}

/** A process that died between issuing and keeping may have left a certificate to an enrolment that was revoked then. */
async function revokeLeftovers({ db, jobs, clock }: ServiceContext): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ id: string }>`
      SELECT DISTINCT e.id FROM signing.enrolment AS e JOIN certs.certificate AS c ON c.public_key_sha256 = sha256(e.public_key_spki)
      WHERE e.state = 'revoked' AND c.state = 'issued' AND c.revoked_at IS NULL AND c.not_after > ${clock.now()}`.execute(
      transaction,
    );
    for (const { id } of rows)
      await jobs.enqueue(transaction, revokeTask, { enrolmentId: id }, { key: `${revokeTask}:${id}` });
  });
}

/** Whether the certificate will be renewed by itself, and whether the person must enrol again now for it. */
export function renewalOf(
  {
    approvedAt,
    notAfter,
    isSigner,
  }: { readonly approvedAt: Date; readonly notAfter: Date; readonly isSigner: boolean },
  now: Date,
): { readonly renewsItself: boolean; readonly isDue: boolean } {
  // the night on which it would be renewed: when it is due, or this one
  const night = new Date(Math.max(now.getTime(), notAfter.getTime() - renewalMs));
  const renewsItself = isSigner && approvedAt > tooOldBefore(night);
  return { renewsItself, isDue: !renewsItself && notAfter < dueBefore(now) };
}
