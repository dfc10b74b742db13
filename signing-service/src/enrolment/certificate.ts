import { issueCertificate, revokeCertificate } from '@edutrust/certs/authority';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { record } from '@edutrust/platform/events';
import type { Actor } from '@edutrust/platform/http';
import { notify } from '@edutrust/registry/notices';
import { findSigners, holdersOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { mustMove } from '../requests/states.ts';
import { signingOf } from '../tables.ts';
import { type EnrolmentRow, lockEnrolment, mustBeSomebodyElse } from './enrolment.ts';
import { currentStates, enrollingRoles, enrolmentMoves } from './states.ts';

type PersonActor = Extract<Actor, { kind: 'person' }>;

export const program: Actor = { kind: 'system', name: 'signing' };

/** Jobs of this capability; both are idempotent by the enrolment's id. */
export const issueTask = 'signing.issue-certificate';
export const revokeTask = 'signing.revoke-certificate';

/**
 * A second officer approves, and the certificate is issued. The decision is kept first: when issuing fails now, the job
 * goes on until it is done.
 *
 * @throws Forbidden for one's own enrolment; Conflict when it is decided already.
 */
export async function approveEnrolment(context: ServiceContext, id: string, actor: PersonActor): Promise<void> {
  const { db, jobs, clock, log } = context;
  await db.transaction().execute(async (transaction) => {
    const enrolment = await lockEnrolment(transaction, id);
    mustBeSomebodyElse(enrolment, actor);
    mustMove(enrolmentMoves, enrolment.state, 'ready');
    await signingOf(transaction)
      .updateTable('signing.enrolment')
      .set({ state: 'ready', decided_at: clock.now(), decided_by: actor.personId })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'signing-enrolment.approved',
      actor,
      subject: { kind: 'signing-enrolment', id },
      organisationId: enrolment.organisation_id,
    });
    await jobs.enqueue(transaction, issueTask, { enrolmentId: id }, { key: `${issueTask}:${id}` });
  });
  await issueFor(context, id).catch((error: unknown) =>
    log.error({ err: error, enrolment: id }, 'issuing; the job goes on'),
  );
}

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
  const [signer] = await findSigners(db, { personId, organisationId, roles: enrollingRoles });
  if (!signer) return; // no longer a signer: nothing is certified; an officer sees it waiting
  const { serial, der } = await issueCertificate(context, {
    profile: 'official',
    subject: {
      commonName: signer.fullName,
      serialNumber: signer.educationId,
      organisation: signer.organisationName,
      title: enrolment.title,
    },
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

export type RevocationReason = 'lost' | 'replaced' | 'left';

/** RFC 5280 §5.3.1. A lost phone may be in other hands. */
const crlReasons = { lost: 'keyCompromise', replaced: 'superseded', left: 'affiliationChanged' } as const;

/**
 * Ends an enrolment at once: nothing is signed with it any more, and its certificate is revoked. The person may enrol
 * another phone afterwards. Idempotent down to the certificate (J4): asked again, what is still valid is revoked.
 */
export async function revokeEnrolment(
  context: ServiceContext,
  id: string,
  reason: RevocationReason,
  actor: Actor,
): Promise<void> {
  const { db, jobs, clock, log } = context;
  await db.transaction().execute(async (transaction) => {
    const enrolment = await lockEnrolment(transaction, id);
    if (enrolment.state !== 'revoked') {
      mustMove(enrolmentMoves, enrolment.state, 'revoked');
      const tables = signingOf(transaction);
      await tables
        .updateTable('signing.enrolment')
        .set({ state: 'revoked', ended_at: clock.now(), reason })
        .where('id', '=', id)
        .execute();
      await tables
        .updateTable('signing.session')
        .set({ state: 'expired' })
        .where('enrolment_id', '=', id)
        .where('state', '=', 'open')
        .execute();
      await record(transaction, {
        type: 'signing-enrolment.revoked',
        actor,
        subject: { kind: 'signing-enrolment', id },
        organisationId: enrolment.organisation_id,
        data: { reason },
      });
      await notifyOfEnd(transaction, enrolment, reason);
    }
    // Without a certificate there is nothing yet: issuing sees to what it has made meanwhile.
    if (enrolment.certificate_serial)
      await jobs.enqueue(transaction, revokeTask, { enrolmentId: id }, { key: `${revokeTask}:${id}` });
  });
  await revokeCertificateOf(context, id).catch((error: unknown) =>
    log.error({ err: error, enrolment: id }, 'revoking; the job goes on'),
  );
}

/** As many officers as are told of one phone. */
const mostOfficers = 20;

/** The person, and the officers who will be asked to approve the next phone. */
async function notifyOfEnd(transaction: Transaction, enrolment: EnrolmentRow, reason: RevocationReason): Promise<void> {
  const { person_id: personId, organisation_id: organisationId, device_name: device } = enrolment;
  await notify(transaction, { personId, kind: 'signing-phone.ended', data: { device } });
  if (reason === 'left') return;
  const [holder] = await findSigners(transaction, { personId, roles: enrollingRoles });
  const officers = await holdersOf(transaction, 'signing.approve-enrolment', organisationId, mostOfficers);
  const data = { name: holder?.fullName ?? '' };
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
