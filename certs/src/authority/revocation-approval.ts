import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { NotFound } from '@edutrust/platform/errors';
import { nullable } from '@edutrust/platform/schemas';
import { type ApprovalKind, type ProposedApproval, propose } from '@edutrust/registry/approvals';
import { sql } from 'kysely';
import Type from 'typebox';
import { type RevocationReason, revocationReasons } from './reasons.ts';
import { revokeCertificate, revokeIn } from './revoke.ts';

const Revoked = Type.Object(
  {
    serial: Type.String(),
    subject: Type.String(),
    reason: Type.Enum(Object.keys(revocationReasons) as RevocationReason[]),
    personId: nullable(Type.String()),
  },
  { additionalProperties: false },
);
type Revoked = Type.Static<typeof Revoked>;

const both = (text: string) => ({ vi: text, en: text });

/** A certificate is revoked for good by two people; one alone suspends it, which can be taken back. */
export const revokeKind: ApprovalKind<Revoked> = {
  kind: 'certificate.revoke',
  isEvidence: true,
  content: Revoked,
  approve: 'approvals.approve',
  describe: ({ serial, subject, reason }) => ({
    title: { vi: `Thu hồi chứng thư của ${subject}`, en: `Revoke the certificate of ${subject}` },
    facts: [
      { label: { vi: 'Chủ thể', en: 'Subject' }, value: both(subject) },
      { label: { vi: 'Số', en: 'Serial number' }, value: both(serial) },
      { label: { vi: 'Lý do', en: 'Reason' }, value: both(reason) },
      {
        label: { vi: 'Hậu quả', en: 'Consequence' },
        value: {
          vi: 'Không khôi phục được. Chứng thư đã bị tạm dừng từ khi lập việc này.',
          en: 'It cannot be taken back. The certificate has been suspended since this was proposed.',
        },
      },
    ],
  }),
  concerns: ({ personId }) => personId ?? undefined,
  apply: async (transaction, { serial, reason }, { context, approver }) => {
    await revokeIn(transaction, context, serial, reason, approver);
    return undefined;
  },
};

/**
 * Suspends the certificate at once, and proposes to revoke it for good.
 *
 * @throws NotFound; Conflict for a certificate that was never completed.
 */
export async function proposeRevocation(
  context: ServiceContext,
  { serial, reason }: { readonly serial: string; readonly reason: RevocationReason },
  actor: PersonActor,
): Promise<ProposedApproval> {
  await revokeCertificate(context, serial, 'certificateHold', actor);
  return context.db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ subject: string; personId: string | null; organisationId: string }>`
      SELECT subject, person_id AS "personId", coalesce(organisation_id,
        (SELECT id FROM registry.organisation WHERE parent_id IS NULL LIMIT 1)) AS "organisationId"
      FROM certs.certificate WHERE serial = ${serial}`.execute(transaction);
    const [found] = rows;
    if (!found) {
      throw new NotFound('certificates/not-found', {
        vi: 'Không có chứng thư này.',
        en: 'There is no such certificate.',
      });
    }
    const { organisationId, subject, personId } = found;
    return propose(
      transaction,
      context,
      revokeKind,
      { content: { serial, subject, reason, personId }, organisationId },
      actor,
    );
  });
}
