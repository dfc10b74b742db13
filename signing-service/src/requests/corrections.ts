import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { strict, Uuid } from '@edutrust/platform/schemas';
import { type ApprovalKind, type ProposedApproval, propose } from '@edutrust/registry/approvals';
import { findSigners, type SignerTools } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import type { DocumentKind } from '../templates/template.ts';
import { formatVerificationCode } from './code.ts';
import { nameOf, principalOf } from './registry.ts';
import { lockRequest, type RequestRow } from './requests.ts';

const Content = Type.Object(
  {
    requestId: Uuid,
    code: Type.String(),
    title: Type.String(),
    principalId: Uuid,
    principalName: Type.String(),
    reason: Type.String(),
  },
  strict,
);
type Content = Type.Static<typeof Content>;

const both = (text: string) => ({ vi: text, en: text });

/**
 * An issued document is corrected: who asks says why and confirms, the head who signed it (or who signs for the school now) approves. What was issued stays as it is; its
 * marks open, and what is made of them takes its place once it has every signature.
 */
export const correctionKind: ApprovalKind<Content> = {
  kind: 'document.correct',
  isEvidence: true,
  content: Content,
  approve: 'signing.sign',
  describe: ({ title, code, principalName, reason }) => ({
    title: { vi: `Sửa học bạ đã phát hành: ${title}`, en: `Correct an issued document: ${title}` },
    facts: [
      { label: { vi: 'Mã', en: 'Code' }, value: both(code) },
      { label: { vi: 'Lý do', en: 'Reason' }, value: both(reason) },
      { label: { vi: 'Người duyệt', en: 'Approved by' }, value: both(principalName) },
      {
        label: { vi: 'Sau đó', en: 'Then' },
        value: {
          vi: 'điểm mở lại để sửa, trình ký lại từ đầu; bản cũ vẫn đọc được và ghi «bị thay thế»',
          en: 'the marks open, all sign again; the old document stays readable as "replaced"',
        },
      },
    ],
  }),
  concerns: () => undefined,
  approver: ({ principalId }) => principalId,
  apply: async (transaction, { requestId, reason }, { context, approvalId, approver }) => {
    const request = await lockRequest(transaction, requestId);
    mustBeIssued(request);
    const inserted = await signingOf(transaction)
      .insertInto('signing.correction')
      .values({ request_id: requestId, approval_id: approvalId, reason, approved_at: context.clock.now() })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows === 0n) throw correctedAlready();
    await record(transaction, {
      type: 'signing-request.correction-approved',
      actor: approver,
      subject: { kind: 'signing-request', id: requestId },
      organisationId: request.organisation_id,
      data: { approvalId },
    });
    return undefined;
  },
};

/**
 * Asks for the correction of an issued document about somebody.
 *
 * @throws NotFound; Conflict `signing/not-issued`, `signing/corrected-already`
 */
export async function proposeCorrection(
  context: ServiceContext,
  id: string,
  reason: string,
  actor: PersonActor,
): Promise<ProposedApproval> {
  const { db, clock } = context;
  return db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, id);
    mustBeIssued(request);
    if (await isCorrected(transaction, id)) throw correctedAlready();
    const principalId = await headOf({ ...context, db: transaction }, request);
    const content = {
      requestId: id,
      code: formatVerificationCode(request.code),
      title: request.title,
      principalId,
      principalName: await nameOf(transaction, principalId),
      reason: reason.normalize('NFC').trim(),
    };
    const organisationId = request.organisation_id;
    return propose(transaction, { clock }, correctionKind, { content, organisationId }, actor);
  });
}

/** The head who signed the document; where they no longer sign there, who does now. @throws Conflict `signing/no-signer` */
export async function headOf(tools: SignerTools, { organisation_id: organisationId, signer_id: personId }: RequestRow) {
  const [still] = await findSigners(tools, { organisationId, personId });
  return still?.personId ?? (await principalOf(tools, organisationId)).personId;
}

async function isCorrected(db: Database | Transaction, id: string): Promise<boolean> {
  const found = await signingOf(db)
    .selectFrom('signing.correction')
    .select('request_id')
    .where('request_id', '=', id)
    .executeTakeFirst();
  return found !== undefined;
}

/** The issued document that a new one of this kind about the learner takes the place of; undefined when none is to be corrected. */
export async function correctable(
  db: Database | Transaction,
  which: { readonly kind: DocumentKind; readonly classId: string; readonly subjectId: string },
): Promise<Pick<RequestRow, 'id' | 'code' | 'version'> | undefined> {
  return signingOf(db)
    .selectFrom('signing.request as r')
    .innerJoin('signing.correction as c', 'c.request_id', 'r.id')
    .select(['r.id', 'r.code', 'r.version'])
    .where('r.kind', '=', which.kind)
    .where('r.class_id', '=', which.classId)
    .where('r.subject_id', '=', which.subjectId)
    .where('r.state', '=', 'issued')
    .executeTakeFirst();
}

function mustBeIssued({ state, subject_id, class_id }: RequestRow): void {
  if (state === 'issued' && subject_id !== null && class_id !== null) return;
  throw new Conflict('signing/not-issued', {
    vi: 'Chỉ sửa được học bạ đã phát hành và chưa bị thay thế.',
    en: 'Only a transcript or school report that is issued and not replaced can be corrected.',
  });
}

function correctedAlready(): Conflict {
  return new Conflict('signing/corrected-already', {
    vi: 'Việc sửa học bạ này đã được duyệt. Sửa điểm rồi trình ký lại.',
    en: 'The correction was approved already. Correct the marks, then ask for signatures again.',
  });
}
