import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { type CertificateRequest, issueCertificate } from '../authority/authority.ts';
import { type CertsEvent, record } from '../events.ts';
import { certsOf } from '../tables.ts';
import { approvedCertificate, mustBeTheSameSubject } from './certifying.ts';
import { lockRequest, type RequestRow, requestKeyOf } from './requests.ts';
import { certificateRequestMoves } from './states.ts';
import { findSubject } from './subject.ts';

/** The job that issues what was approved; idempotent by the request's id. */
export const issueTask = 'certs.issue-requested';

export const program: Actor = { kind: 'system', name: 'certs' };

function partyOf({ organisation_id, person_id }: RequestRow) {
  return { organisationId: organisation_id, personId: person_id };
}

function wantedOf(
  { id, profile, organisation_id, person_id }: RequestRow,
  subject: CertificateRequest['subject'],
  publicKey: Buffer,
): CertificateRequest {
  return {
    profile,
    subject,
    publicKey,
    organisationId: organisation_id,
    ...(person_id ? { personId: person_id } : {}),
    requestKey: requestKeyOf(id),
  };
}

/** Issues the certificate of an approved request; does nothing when it has one. One request, one certificate. */
export async function issueRequested(context: ServiceContext, id: string): Promise<void> {
  const { db } = context;
  const request = await certsOf(db).selectFrom('certs.request').selectAll().where('id', '=', id).executeTakeFirst();
  if (request?.state !== 'approved' || !request.public_key) return;
  let serial: string;
  try {
    const covered = await approvedCertificate(context, db, request);
    const subject = await findSubject(context, partyOf(request));
    mustBeTheSameSubject(subject, covered);
    ({ serial } = await issueCertificate(context, wantedOf(request, subject, request.public_key)));
  } catch (error) {
    // Unavailable, and whatever we did not foresee, is tried again by the job
    if (!(error instanceof InvalidInput || error instanceof Conflict || error instanceof NotFound)) throw error;
    await finish(context, request, { state: 'failed', reason: `${error.detail.vi} (${error.detail.en})` }, (about) => ({
      type: 'certificate-request.failed',
      ...about,
      data: { code: error.code },
    }));
    return;
  }
  await finish(context, request, { state: 'issued', certificate_serial: serial }, (about) => ({
    type: 'certificate-request.issued',
    ...about,
    data: { serial, ...(request.renews ? { renews: request.renews } : {}) },
  }));
}

/** What every event of a request says. */
type About = Pick<CertsEvent, 'actor' | 'organisationId'> & {
  readonly subject: { readonly kind: 'certificate-request'; readonly id: string };
};

async function finish(
  { db }: ServiceContext,
  { id, organisation_id }: RequestRow,
  values: { readonly state: 'issued' | 'failed'; readonly certificate_serial?: string; readonly reason?: string },
  event: (about: About) => CertsEvent,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { state } = await lockRequest(transaction, id);
    if (state !== 'approved') return; // another process was faster
    certificateRequestMoves.mustMove(state, values.state);
    await certsOf(transaction).updateTable('certs.request').set(values).where('id', '=', id).execute();
    const about = {
      actor: program,
      subject: { kind: 'certificate-request', id },
      organisationId: organisation_id,
    } as const;
    await record(transaction, event(about));
  });
}
