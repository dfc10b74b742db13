import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { parseCertificate } from '../certificate/certificate.ts';
import { record } from '../events.ts';
import { certsOf } from '../tables.ts';
import { approvedCertificate, mustBeTheSameSubject } from './certifying.ts';
import { issueRequested, issueTask, program } from './issue.ts';
import { keyHash } from './key.ts';
import { type DueCertificate, listDue, mustBeRenewable } from './renewal.ts';
import { findSubject } from './subject.ts';

/** The nightly job. */
export const renewTask = 'certs.renew-seals';

/**
 * Renews the seals of the key store that end within thirty days, with the same key while it is young enough. The one
 * before stays until it ends. Idempotent: a certificate gets one follower.
 */
export async function renewSeals(context: ServiceContext): Promise<void> {
  for (const one of await listDue(context.db, context.clock.now(), 'renewed-by-itself')) {
    await renewSeal(context, one).catch((error: unknown) =>
      context.log.error({ err: error, serial: one.serial }, 'a seal was not renewed; the next night tries again'),
    );
  }
}

async function renewSeal(context: ServiceContext, due: DueCertificate): Promise<void> {
  const { db, clock, jobs } = context;
  const id = uuidv7();
  const organisationId = due.organisation.id;
  const now = clock.now();
  const isOurs = await db.transaction().execute(async (transaction) => {
    const wanted = { renews: due.serial, organisationId, personId: null, now };
    const { isBeingRenewed } = await mustBeRenewable(transaction, wanted);
    if (isBeingRenewed) return false; // another process was faster
    if (!(await isAgreedStill(context, transaction, due))) return false;
    const { der } = await certsOf(transaction)
      .selectFrom('certs.certificate')
      .select('der')
      .where('serial', '=', due.serial)
      .executeTakeFirstOrThrow();
    const publicKey = parseCertificate(der ?? Buffer.alloc(0)).subjectPublicKeyInfo;
    await certsOf(transaction)
      .insertInto('certs.request')
      .values({
        id,
        profile: 'seal',
        organisation_id: organisationId,
        person_id: null,
        custody: 'key-store',
        state: 'approved',
        public_key: publicKey,
        public_key_sha256: keyHash(publicKey),
        csr: null,
        key_id: due.keyId,
        renews: due.serial,
        requested_by: null,
        requested_at: now,
        decided_by: null,
        decided_at: now,
        reason: null,
        certificate_serial: null,
        approval_id: null, // that of the first certificate covers it
      })
      .execute();
    await record(transaction, {
      type: 'certificate-request.renewed',
      actor: program,
      subject: { kind: 'certificate-request', id },
      organisationId,
      data: { renews: due.serial },
    });
    await jobs.enqueue(transaction, issueTask, { requestId: id }, { key: `${issueTask}:${id}` });
    return true;
  });
  if (isOurs) await issueRequested(context, id);
}

/**
 * Whether the certificate is one that two people agreed to, under the name that the organisation has still: another name
 * is for two people again, and the certificate stays on the list of those that end soon.
 */
async function isAgreedStill(
  context: ServiceContext,
  transaction: Transaction,
  { serial, organisation }: DueCertificate,
): Promise<boolean> {
  const request = await certsOf(transaction)
    .selectFrom('certs.request')
    .selectAll()
    .where('certificate_serial', '=', serial)
    .executeTakeFirst();
  if (!request) return false;
  try {
    const covered = await approvedCertificate(context, transaction, request);
    const tools = { db: transaction, secrets: context.secrets };
    mustBeTheSameSubject(await findSubject(tools, { organisationId: organisation.id, personId: null }), covered);
    return true;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    context.log.warn({ serial, code: error.code }, 'a seal is not renewed by itself');
    return false;
  }
}
