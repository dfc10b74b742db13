import { revokeCertificate } from '@edutrust/certs/authority';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { strict } from '@edutrust/platform/schemas';
import { type ApprovalKind, mustNotBeRecovered, type ProposedApproval, propose } from '@edutrust/registry/approvals';
import Type from 'typebox';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import {
  type Described,
  describePhone,
  mustBeTheSame,
  Named,
  namesOf,
  type Phone,
  phoneApproval,
  readOutCode,
} from './approved.ts';
import { afterRevoking, issueFor, issueTask, revokeIn } from './certificate.ts';
import { lockEnrolment, userHandleOf } from './enrolment.ts';
import { RevokeBody } from './schemas.ts';
import { enrolmentMoves } from './states.ts';

const Revoked = Type.Object({ ...Named, reason: RevokeBody.properties.reason }, strict);
type Revoked = Type.Static<typeof Revoked>;
const both = (text: string) => ({ vi: text, en: text });
const factsOf = (content: Phone | Revoked) => [
  { label: { vi: 'Người ký', en: 'Signer' }, value: both(`${content.personName} · ${content.educationId}`) },
  { label: { vi: 'Chức danh', en: 'Title' }, value: both(content.title) },
  { label: { vi: 'Đơn vị', en: 'Organisation' }, value: both(content.organisationName) },
  { label: { vi: 'Điện thoại', en: 'Phone' }, value: both(content.deviceName) },
];

/**
 * A phone that may sign: the signer confirms with the phone's own passkey, and a security officer who has heard the code
 * from the signer approves. What is certified later is what this covers: these names, this key, this passkey.
 */
export const enrolPhoneKind: ApprovalKind<Phone> = {
  ...phoneApproval,
  isEvidence: true,
  approve: 'signing.approve-enrolment',
  lifeHours: 72,
  describe: (content) => ({
    title: {
      vi: `Điện thoại ký số của ${content.personName}`,
      en: `The signing phone of ${content.personName}`,
    },
    facts: [
      ...factsOf(content),
      {
        label: { vi: 'Khoá ký', en: 'Signing key' },
        value:
          content.custody === 'device'
            ? { vi: 'nằm trong điện thoại này', en: 'stays in this phone' }
            : { vi: 'nằm trong kho khoá của Sở', en: "stays in the department's key store" },
      },
    ],
  }),
  concerns: ({ personId }) => personId,
  makerPasskey: ({ enrolmentId, credentialId, credentialPublicKey }) => ({
    credentialId,
    publicKey: Buffer.from(credentialPublicKey, 'base64url'),
    transports: [],
    userHandle: userHandleOf(enrolmentId),
  }),
  readOut: ({ keySha256, credentialId }) => readOutCode(keySha256, credentialId),
  apply: async (transaction, content, { context, approver }) => {
    const { enrolmentId: id } = content;
    const enrolment = await lockEnrolment(transaction, id);
    enrolmentMoves.mustMove(enrolment.state, 'ready');
    mustBeTheSame(await describePhone(transaction, enrolment), content);
    await signingOf(transaction)
      .updateTable('signing.enrolment')
      .set({ state: 'ready', decided_at: context.clock.now(), decided_by: approver.personId })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'signing-enrolment.approved',
      actor: approver,
      subject: { kind: 'signing-enrolment', id },
      organisationId: enrolment.organisation_id,
    });
    await context.jobs.enqueue(transaction, issueTask, { enrolmentId: id }, { key: `${issueTask}:${id}` });
    return undefined;
  },
  closed: async (transaction, { enrolmentId: id }, { reason }, { context, actor }) => {
    const enrolment = await lockEnrolment(transaction, id);
    if (enrolment.state !== 'awaiting-approval') return;
    enrolmentMoves.mustMove(enrolment.state, 'refused');
    const now = context.clock.now();
    await signingOf(transaction)
      .updateTable('signing.enrolment')
      .set({
        state: 'refused',
        decided_at: now,
        decided_by: actor.kind === 'person' && actor.personId !== enrolment.person_id ? actor.personId : null,
        ended_at: now,
        reason,
      })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'signing-enrolment.refused',
      actor,
      subject: { kind: 'signing-enrolment', id },
      organisationId: enrolment.organisation_id,
    });
  },
  follow: ({ enrolmentId }, { context }) => issueFor(context, enrolmentId),
};

/** Somebody else's phone is ended for good: by two people. Its certificate was suspended when that was proposed. */
export const revokePhoneKind: ApprovalKind<Revoked> = {
  kind: 'signing-phone.revoke',
  isEvidence: true,
  content: Revoked,
  approve: 'approvals.approve',
  describe: (content) => ({
    title: {
      vi: `Thu hồi điện thoại ký số của ${content.personName}`,
      en: `Revoke the signing phone of ${content.personName}`,
    },
    facts: [
      ...factsOf(content),
      {
        label: { vi: 'Lý do', en: 'Reason' },
        value: {
          lost: { vi: 'mất điện thoại', en: 'the phone is lost' },
          replaced: { vi: 'đổi điện thoại', en: 'the phone was replaced' },
          left: { vi: 'thôi ký cho đơn vị', en: 'no longer signs for the organisation' },
        }[content.reason],
      },
    ],
  }),
  concerns: ({ personId }) => personId,
  apply: async (transaction, { enrolmentId, reason }, { context, approver }) => {
    await revokeIn(transaction, context, enrolmentId, reason, approver);
    return undefined;
  },
  follow: ({ enrolmentId }, { context }) => afterRevoking(context, enrolmentId),
};

/** What ending an enrolment covers. @throws NotFound */
export async function describeRevoking(
  transaction: Transaction,
  row: Described,
  reason: Revoked['reason'],
): Promise<Revoked> {
  return { ...(await namesOf(transaction, row)), reason };
}

/**
 * An officer hears that a phone is lost: nothing is signed with it from now on, and for good once a second person agrees.
 *
 * @throws NotFound; Conflict when it has ended already.
 */
export async function proposeRevoking(
  context: ServiceContext,
  id: string,
  reason: Revoked['reason'],
  actor: PersonActor,
): Promise<ProposedApproval> {
  const { serial, proposed } = await context.db.transaction().execute(async (transaction) => {
    const enrolment = await lockEnrolment(transaction, id);
    enrolmentMoves.mustMove(enrolment.state, 'revoked');
    const content = await describeRevoking(transaction, enrolment, reason);
    const organisationId = enrolment.organisation_id;
    return {
      serial: enrolment.certificate_serial,
      proposed: await propose(transaction, context, revokePhoneKind, { content, organisationId }, actor),
    };
  });
  if (serial) await revokeCertificate(context, serial, 'certificateHold', actor);
  return proposed;
}

/** An account that was recovered by a code waits before it enrols a phone. @throws Forbidden `approvals/recovered` */
export async function mustBeSettled({ db, clock }: ServiceContext, personId: string): Promise<void> {
  await db.transaction().execute((transaction) => mustNotBeRecovered(transaction, personId, clock.now()));
}
