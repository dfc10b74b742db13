import type { ApprovalKind } from '@edutrust/registry/approvals';
import { mustBeCertifiable } from '../authority/authority.ts';
import { record } from '../events.ts';
import { keyStore } from '../key-store/key-store.ts';
import { certsOf } from '../tables.ts';
import { type Certifying, certifying, mustBeTheSameSubject, otherKey } from './certifying.ts';
import { issueRequested, issueTask } from './issue.ts';
import { keyHash } from './key.ts';
import { mustBeYoungKey } from './renewal.ts';
import { lockRequest, requestKeyOf } from './requests.ts';
import { certificateRequestMoves } from './states.ts';
import { findSubject } from './subject.ts';

const both = (text: string) => ({ vi: text, en: text });

/** A seal, or a certificate for a signer's outside key: asked for by one, approved by a security officer. */
export const certifyKind: ApprovalKind<Certifying> = {
  ...certifying,
  isEvidence: true,
  approve: 'certificates.approve',
  describe: ({ profile, subject, organisationName, personName, custody, keySha256, renews }) => ({
    title:
      profile === 'seal'
        ? { vi: `Cấp con dấu số cho ${organisationName}`, en: `Issue the seal of ${organisationName}` }
        : { vi: `Cấp chứng thư ký số cho ${personName}`, en: `Issue a signing certificate for ${personName}` },
    facts: [
      { label: { vi: 'Cho', en: 'For' }, value: both(personName ?? organisationName) },
      { label: { vi: 'Đơn vị', en: 'Organisation' }, value: both(organisationName) },
      { label: { vi: 'Tên trong chứng thư', en: 'Certified name' }, value: both(Object.values(subject).join(', ')) },
      {
        label: { vi: 'Khoá', en: 'Key' },
        value:
          custody === 'key-store'
            ? { vi: 'tạo trong kho khoá của Sở khi duyệt', en: "made in the department's key store at the approval" }
            : both(`SHA-256 ${keySha256 ?? ''}`),
      },
      ...(renews ? [{ label: { vi: 'Thay chứng thư số', en: 'Follows the certificate' }, value: both(renews) }] : []),
    ],
  }),
  concerns: ({ personId }) => personId ?? undefined,
  apply: async (transaction, content, { context, approver }) => {
    const { requestId: id } = content;
    const request = await lockRequest(transaction, id);
    certificateRequestMoves.mustMove(request.state, 'approved');
    const party = { organisationId: request.organisation_id, personId: request.person_id };
    const subject = await findSubject({ db: transaction, secrets: context.secrets }, party);
    mustBeTheSameSubject(subject, content);
    const made = request.public_key ? undefined : await keyStore(context).generate(transaction, 'seal');
    const publicKey = request.public_key ?? made?.publicKey ?? Buffer.alloc(0);
    if (content.keySha256 !== null && keyHash(publicKey).toString('hex') !== content.keySha256) throw otherKey();
    const now = context.clock.now();
    await mustBeYoungKey(transaction, publicKey, now);
    await mustBeCertifiable(context, transaction, {
      profile: request.profile,
      subject,
      publicKey,
      organisationId: party.organisationId,
      ...(party.personId ? { personId: party.personId } : {}),
      requestKey: requestKeyOf(id),
    });
    await certsOf(transaction)
      .updateTable('certs.request')
      .set({
        state: 'approved',
        decided_by: approver.personId,
        decided_at: now,
        public_key: publicKey,
        public_key_sha256: keyHash(publicKey),
        ...(made ? { key_id: made.id } : {}),
      })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'certificate-request.approved',
      actor: approver,
      subject: { kind: 'certificate-request', id },
      organisationId: request.organisation_id,
      data: { keySha256: keyHash(publicKey).toString('hex') },
    });
    await context.jobs.enqueue(transaction, issueTask, { requestId: id }, { key: `${issueTask}:${id}` });
    return undefined;
  },
  closed: async (transaction, { requestId: id }, { state, reason }, { context, actor }) => {
    const request = await lockRequest(transaction, id);
    if (request.state !== 'waiting') return;
    const to = state === 'withdrawn' ? 'withdrawn' : 'refused';
    certificateRequestMoves.mustMove(request.state, to);
    await certsOf(transaction)
      .updateTable('certs.request')
      .set({
        state: to,
        decided_by: state === 'refused' && actor.kind === 'person' ? actor.personId : null,
        decided_at: context.clock.now(),
        reason: reason ?? (state === 'expired' ? 'Quá hạn chờ người thứ hai (nobody decided in time)' : null),
      })
      .where('id', '=', id)
      .execute();
    const common = {
      actor,
      subject: { kind: 'certificate-request' as const, id },
      organisationId: request.organisation_id,
    };
    if (to === 'withdrawn') await record(transaction, { type: 'certificate-request.withdrawn', ...common });
    else await record(transaction, { type: 'certificate-request.refused', ...common });
  },
  follow: ({ requestId }, { context }) => issueRequested(context, requestId),
};
