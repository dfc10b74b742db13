import { type CertificateSubject, issueCertificate, revokeCertificate } from '@edutrust/certs/authority';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { withdrawProposal } from '@edutrust/registry/approvals';
import { notify } from '@edutrust/registry/notices';
import { getPerson } from '@edutrust/registry/people';
import { findSigners, holdersOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import { approvedPhone, type Phone } from './approved.ts';
import { type EnrolmentRow, lockEnrolment } from './enrolment.ts';
import { currentStates, enrollingRoles, enrolmentMoves } from './states.ts';

export const program: Actor = { kind: 'system', name: 'signing' };

/** Jobs of this capability; both are idempotent by the enrolment's id. */
export const issueTask = 'signing.issue-certificate';
export const revokeTask = 'signing.revoke-certificate';

/** Issues the certificate of an approved enrolment; does nothing when it has one. One enrolment, one certificate. */
export async function issueFor(context: ServiceContext, id: string): Promise<void> {
  const { db } = context;
  const enrolment = await signingOf(db)
    .selectFrom('signing.enrolment')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (enrolment?.state !== 'ready') return;
  const { person_id: personId, organisation_id: organisationId } = enrolment;
  const [signer] = await findSigners(context, { personId, organisationId, roles: enrollingRoles });
  if (!signer) return; // no longer a signer: nothing is certified; an officer sees it waiting
  // What two people agreed to is certified: these names, this key. Without them nothing is.
  const phone = await approvedPhone(context, db, enrolment);
  const { serial, der } = await issueCertificate(context, {
    profile: 'official',
    subject: subjectOf(phone),
    publicKey: enrolment.public_key_spki,
    personId,
    organisationId,
    requestKey: `signing-enrolment/${id}`,
  });
  await db.transaction().execute(async (transaction) => {
    const { state } = await lockEnrolment(transaction, id);
    if (state !== 'ready' && state !== 'revoked') return; // another process was faster
    await signingOf(transaction)
      .updateTable('signing.enrolment')
      .set({
        certificate_serial: serial,
        certificate: der,
        ...(state === 'ready' ? { state: 'enrolled' as const } : {}),
      })
      .where('id', '=', id)
      .execute();
    if (state === 'revoked') {
      // Revoked while it was being issued: what exists now is revoked too.
      await context.jobs.enqueue(transaction, revokeTask, { enrolmentId: id }, { key: `${revokeTask}:${id}` });
      return;
    }
    await record(transaction, {
      type: 'signing-enrolment.completed',
      actor: program,
      subject: { kind: 'signing-enrolment', id },
      organisationId,
      data: { serial },
    });
  });
}

/** The certified names: those that two people agreed to. */
export function subjectOf({ personName, educationId, organisationName, title }: Phone): CertificateSubject {
  return { commonName: personName, serialNumber: educationId, organisation: organisationName, title };
}

export type RevocationReason = 'lost' | 'replaced' | 'left';

/** RFC 5280 §5.3.1. A lost phone may be in other hands. */
const crlReasons = { lost: 'keyCompromise', replaced: 'superseded', left: 'affiliationChanged' } as const;

/**
 * Ends an enrolment at once: nothing is signed with it from then on, and its certificate is revoked. The person may enrol
 * another phone afterwards. Idempotent.
 */
export async function revokeEnrolment(
  context: ServiceContext,
  id: string,
  reason: RevocationReason,
  actor: Actor,
): Promise<void> {
  await context.db.transaction().execute((transaction) => revokeIn(transaction, context, id, reason, actor));
  await afterRevoking(context, id);
}

/** The same in a transaction; {@link afterRevoking} comes after its commit. */
export async function revokeIn(
  transaction: Transaction,
  context: ServiceContext,
  id: string,
  reason: RevocationReason,
  actor: Actor,
): Promise<void> {
  const enrolment = await lockEnrolment(transaction, id);
  // Without a certificate there is nothing yet: issuing sees to what it has made meanwhile.
  if (enrolment.certificate_serial) {
    await context.jobs.enqueue(transaction, revokeTask, { enrolmentId: id }, { key: `${revokeTask}:${id}` });
  }
  if (enrolment.state === 'revoked') return;
  enrolmentMoves.mustMove(enrolment.state, 'revoked');
  const tables = signingOf(transaction);
  await tables
    .updateTable('signing.enrolment')
    .set({ state: 'revoked', ended_at: context.clock.now(), reason })
    .where('id', '=', id)
    .execute();
  await tables
    .updateTable('signing.session')
    .set({ state: 'expired' })
    .where('enrolment_id', '=', id)
    .where('state', '=', 'open')
    .execute();
  // nobody approves a phone that is gone
  if (enrolment.approval_id) await withdrawProposal(transaction, context, enrolment.approval_id, actor);
  await record(transaction, {
    type: 'signing-enrolment.revoked',
    actor,
    subject: { kind: 'signing-enrolment', id },
    organisationId: enrolment.organisation_id,
    data: { reason },
  });
  await notifyOfEnd(transaction, enrolment, reason);
}

/** Revokes the certificates now; the job does when the process dies here. */
export async function afterRevoking(context: ServiceContext, id: string): Promise<void> {
  await revokeCertificateOf(context, id).catch((error: unknown) =>
    context.log.error({ err: error, enrolment: id }, 'revoking; the job goes on'),
  );
}

/** As many officers as are told of one phone. */
const mostOfficers = 20;

/** The person, and the officers who will be asked to approve the next phone. */
async function notifyOfEnd(transaction: Transaction, enrolment: EnrolmentRow, reason: RevocationReason): Promise<void> {
  const { person_id: personId, organisation_id: organisationId, device_name: device } = enrolment;
  await notify(transaction, { personId, kind: 'signing-phone.ended', data: { device } });
  if (reason === 'left') return;
  const { fullName: name } = await getPerson(transaction, personId);
  const officers = await holdersOf(transaction, 'signing.approve-enrolment', organisationId, mostOfficers);
  const data = { name };
  await notify(
    transaction,
    ...officers.map((officer) => ({ personId: officer, kind: 'signing-phone.lost' as const, data })),
  );
}

/** Has every certificate of a revoked enrolment's key revoked: one that was renewed lives on beside its next. */
export async function revokeCertificateOf(context: ServiceContext, id: string): Promise<void> {
  const { db, clock } = context;
  const enrolment = await signingOf(db)
    .selectFrom('signing.enrolment')
    .select(['public_key_spki', 'reason', 'state'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (enrolment?.state !== 'revoked') return;
  const reason = crlReasons[enrolment.reason as RevocationReason] ?? 'unspecified'; // we wrote it above
  const { rows } = await sql<{ serial: string }>`
    SELECT serial FROM certs.certificate WHERE public_key_sha256 = sha256(${enrolment.public_key_spki})
      AND state = 'issued' AND not_after > ${clock.now()} ORDER BY not_before`.execute(db);
  for (const { serial } of rows) await revokeCertificate(context, serial, reason, program);
}

/** The enrolment with which the person signs now, or what they have on the way to it. */
export async function currentEnrolment(context: ServiceContext, personId: string): Promise<EnrolmentRow | undefined> {
  return signingOf(context.db)
    .selectFrom('signing.enrolment')
    .selectAll()
    .where('person_id', '=', personId)
    .where('state', 'in', [...currentStates])
    .executeTakeFirst();
}
