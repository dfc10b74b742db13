import { createHash, X509Certificate } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { type Selectable, sql } from 'kysely';
import { approvedPhone, type Phone } from '../enrolment/approved.ts';
import { type EnrolmentRow, userHandleOf } from '../enrolment/enrolment.ts';
import { hashAssertion, verifyAssertion } from '../enrolment/passkey.ts';
import { mustBeMachines } from '../sealing-machine/evidence.ts';
import type { SigningTables } from '../tables.ts';
import { type AuthorisedList, isListed } from './list.ts';
import type { Item } from './session-items.ts';

type Session = Selectable<SigningTables['signing.session']>;

/**
 * Whether the signer's phone itself authorised these documents, from the evidence that was kept: two people agreed to
 * this passkey, its assertion is over the hash of this list, and the document is in it. Rows of a session or an enrolment
 * that somebody wrote into the table authorise nothing.
 *
 * With the school's own token it is the machine that two people agreed to, and its proof (ADR 0194).
 *
 * A phone that was enrolled before approvals existed signs with the key that it holds itself; a key of ours needs the proof.
 *
 * @throws InvalidInput `signing/not-authorised`
 */
export async function mustBeAuthorised(
  context: Pick<ServiceContext, 'db' | 'config' | 'secrets'>,
  session: Session,
  enrolment: EnrolmentRow | undefined,
  certificate: Buffer,
  items: readonly Pick<Item, 'request_id' | 'artefact' | 'digest' | 'position' | 'path'>[],
): Promise<void> {
  await orNotAuthorised(async () => {
    if (!enrolment) return mustBeMachines(context, session, certificate, items);
    const list = await confirmedList<AuthorisedList>(context, session, enrolment, certificate);
    const areIn = items.every((item) => isListed(list, { ...item, requestId: item.request_id }));
    if (list.session !== session.id || !areIn) throw new Error('a document that is not in the list');
  });
}

/** What an act of a person's phone leaves behind. */
export type ConfirmedAct = Pick<
  Session,
  'enrolment_id' | 'person_id' | 'purpose' | 'list' | 'challenge' | 'assertion' | 'assertion_sha256'
>;

/**
 * The list that the phone's passkey signed the hash of: the phone is the one that two people agreed to, and the certificate is
 * its own key's, or the seal of its organisation.
 *
 * @throws Error
 */
export async function confirmedList<List>(
  context: Pick<ServiceContext, 'db' | 'config' | 'secrets'>,
  act: ConfirmedAct,
  enrolment: EnrolmentRow,
  certificate: Buffer,
): Promise<List> {
  if (act.enrolment_id !== enrolment.id || act.person_id !== enrolment.person_id) throw new Error('another phone');
  const needsApproval = act.purpose === 'seal' || enrolment.custody !== 'device' || enrolment.approval_id !== null;
  const phone = needsApproval ? await approvedPhone(context, context.db, enrolment) : undefined;
  await mustBeOf(context, act, phone, certificate);
  const { assertion, assertion_sha256 } = act;
  const evidence = assertion && { clientExtensionResults: {}, ...assertion };
  if (!evidence || !assertion_sha256?.equals(hashAssertion(evidence as Evidence))) throw new Error('no assertion');
  const challenge = createHash('sha256').update(act.list, 'utf8').digest();
  if (!challenge.equals(act.challenge)) throw new Error('another list');
  const passkey = {
    credentialId: enrolment.credential_id,
    publicKey: enrolment.credential_public_key,
    counter: 0, // it was looked at when it was new
    userHandle: userHandleOf(enrolment.id),
  };
  await verifyAssertion(context.config, evidence as Evidence, passkey, challenge.toString('base64url'));
  return JSON.parse(act.list) as List; // its hash was signed
}

/** @throws InvalidInput `signing/not-authorised` for whatever the work throws. */
export async function orNotAuthorised<Result>(work: () => Promise<Result>): Promise<Result> {
  return work().catch((error: unknown) => {
    throw new InvalidInput(
      'signing/not-authorised',
      {
        vi: 'Không có bằng chứng rằng điện thoại của người ký đã xác nhận văn bản này.',
        en: "There is no evidence that the signer's phone authorised this document.",
      },
      { cause: error },
    );
  });
}

/** The certificate is the phone's own key's, or the seal of the organisation for which the phone was approved. */
async function mustBeOf(
  { db }: Pick<ServiceContext, 'db'>,
  { purpose }: Pick<Session, 'purpose'>,
  phone: Phone | undefined,
  certificate: Buffer,
): Promise<void> {
  if (purpose === 'seal') {
    const { rows } = await sql`
      SELECT 1 FROM certs.certificate WHERE der = ${certificate} AND profile = 'seal'
        AND organisation_id = ${phone?.organisationId ?? null}::uuid`.execute(db);
    if (rows.length === 0) throw new Error("another organisation's seal");
  } else if (phone) {
    const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
    if (createHash('sha256').update(spki).digest('hex') !== phone.keySha256) throw new Error("another person's key");
  }
}

type Evidence = Parameters<typeof verifyAssertion>[1];
