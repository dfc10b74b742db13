import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict } from '@edutrust/platform/errors';
import { strict, Uuid } from '@edutrust/platform/schemas';
import { type ApprovalKind, type ProposedApproval, propose } from '@edutrust/registry/approvals';
import Type from 'typebox';
import { record } from '../events.ts';
import { formatVerificationCode } from '../requests/code.ts';
import { headOf } from '../requests/corrections.ts';
import { nameOf } from '../requests/registry.ts';
import { lockRequest, ofApp, type RequestRow } from '../requests/requests.ts';
import { requestMoves } from '../requests/states.ts';
import { signingOf } from '../tables.ts';
import { formKinds } from '../templates/form/kinds.ts';

const Content = Type.Object(
  {
    requestId: Uuid,
    code: Type.String(),
    title: Type.String(),
    form: Type.Enum(['revoke', 'cancel']),
    principalId: Uuid,
    principalName: Type.String(),
    reason: Type.String(),
    decision: Type.String(),
  },
  strict,
);
type Content = Type.Static<typeof Content>;

const both = (text: string) => ({ vi: text, en: text });
const names = {
  revoke: { vi: 'Thu hồi', en: 'Revoke' },
  cancel: { vi: 'Huỷ bỏ', en: 'Cancel' },
} as const;

/** An issued document is revoked (thu hồi) or cancelled (huỷ bỏ) by a decision: who asks confirms, the head who signed it approves. */
export const revocationKind: ApprovalKind<Content> = {
  kind: 'document.revoke',
  content: Content,
  approve: 'signing.sign',
  describe: ({ title, code, form, principalName, reason, decision }) => ({
    title: { vi: `${names[form].vi}: ${title}`, en: `${names[form].en}: ${title}` },
    facts: [
      { label: { vi: 'Mã', en: 'Code' }, value: both(code) },
      { label: { vi: 'Lý do', en: 'Reason' }, value: both(reason) },
      { label: { vi: 'Theo quyết định', en: 'By the decision' }, value: both(decision) },
      { label: { vi: 'Người duyệt', en: 'Approved by' }, value: both(principalName) },
      {
        label: { vi: 'Sau đó', en: 'Then' },
        value: {
          vi: 'ai tra mã đều thấy văn bản không còn giá trị; không hoàn lại được, muốn có thì cấp bản mới',
          en: 'anyone who looks it up sees that it is not in force; it cannot be undone, only issued anew',
        },
      },
    ],
  }),
  concerns: () => undefined,
  approver: ({ principalId }) => principalId,
  apply: async (transaction, { requestId, form, reason, decision }, { context, approvalId, approver }) => {
    const request = await lockRequest(transaction, requestId);
    mustBeRevocable(request);
    requestMoves.mustMove(request.state, 'revoked');
    await signingOf(transaction)
      .updateTable('signing.request')
      .set({ state: 'revoked' })
      .where('id', '=', requestId)
      .execute();
    await signingOf(transaction)
      .insertInto('signing.revocation')
      .values({
        request_id: requestId,
        form,
        reason,
        decision,
        approval_id: approvalId,
        revoked_at: context.clock.now(),
      })
      .execute();
    await record(transaction, {
      type: 'signing-request.revoked',
      actor: approver,
      subject: { kind: 'signing-request', id: requestId },
      organisationId: request.organisation_id,
      data: { ...ofApp(request), approvalId, form },
    });
    return undefined;
  },
};

/** @throws NotFound; Conflict `forms/not-revocable` */
export async function proposeRevocation(
  context: ServiceContext,
  id: string,
  wish: Pick<Content, 'form' | 'reason' | 'decision'>,
  actor: PersonActor,
): Promise<ProposedApproval> {
  const { db, clock } = context;
  return db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, id);
    mustBeRevocable(request);
    const principalId = await headOf({ ...context, db: transaction }, request);
    const content = {
      requestId: id,
      code: formatVerificationCode(request.code),
      title: request.title,
      form: wish.form,
      principalId,
      principalName: await nameOf(transaction, principalId),
      reason: wish.reason.normalize('NFC').trim(),
      decision: wish.decision.normalize('NFC').trim(),
    };
    return propose(transaction, { clock }, revocationKind, { content, organisationId: request.organisation_id }, actor);
  });
}

function mustBeRevocable({ state, kind }: RequestRow): void {
  if (state === 'issued' && formKinds.some((one) => one === kind)) return;
  throw new Conflict('forms/not-revocable', {
    vi: 'Chỉ thu hồi, huỷ bỏ được giấy tờ đã cấp và còn hiệu lực. Học bạ sai thì đề nghị sửa.',
    en: 'Only an issued certificate, diploma or decision that is in force can be revoked. A wrong report is corrected.',
  });
}
