import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { findSigners } from '@edutrust/registry/permissions';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import { lockRequest, type RequestRow } from './requests.ts';
import { requestMoves } from './states.ts';
import type { StepRow } from './steps.ts';

export interface HandOver {
  /** Of the step, from 0. */
  readonly position: number;
  readonly personId: string;
  /** What the person signs as; the title in the organisation when absent. */
  readonly title?: string | undefined;
}

/**
 * Gives a signature that is still wanted to another signer of the organisation: of an uploaded document, which does not print who signs. Idempotent.
 *
 * @throws Conflict `signing/printed-signer`, `signing/not-now`, `signing/step-over`, `signing/being-signed`, `signing/not-a-signer`,
 *   `signing/signs-already`
 */
export async function handOver(
  context: ServiceContext,
  id: string,
  { position, personId, title }: HandOver,
  actor: PersonActor,
): Promise<void> {
  const now = context.clock.now();
  await context.db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, id);
    const steps = await stepsOf(transaction, id);
    const step = steps.find((one) => one.position === position);
    if (request.kind !== 'upload' || step?.role !== 'signer') throw printedSigner();
    if (step.signer_id === personId) return;
    mustBeOpen(request, step);
    if (steps.some(({ signer_id }) => signer_id === personId)) throw signsAlready();
    const [signer] = await findSigners(
      { db: transaction, secrets: context.secrets },
      { organisationId: request.organisation_id, personId },
    );
    if (!signer) throw notASigner();
    const signerTitle = title?.normalize('NFC').trim() || signer.title;
    await signingOf(transaction)
      .updateTable('signing.step')
      .set({
        signer_id: personId,
        signer_title: signerTitle,
        on_behalf_of: null,
        ...(step.state === 'due' ? { due_since: now } : {}),
      })
      .where('request_id', '=', id)
      .where('position', '=', position)
      .execute();
    const isLast = position === Math.max(...steps.filter(({ role }) => role === 'signer').map((one) => one.position));
    if (isLast) {
      await signingOf(transaction)
        .updateTable('signing.request')
        .set({ signer_id: personId, signer_title: signerTitle })
        .where('id', '=', id)
        .execute();
    }
    await record(transaction, {
      type: 'signing-request.handed-over',
      actor,
      subject: { kind: 'signing-request', id },
      organisationId: request.organisation_id,
      data: { step: step.role, position, fromId: step.signer_id ?? '', toId: personId },
    });
  });
}

/**
 * Puts the deadline of a document off, or takes it away. Idempotent.
 *
 * @throws Conflict `signing/not-now`; InvalidInput `signing/deadline-past`
 */
export async function putOff(
  { db, clock }: ServiceContext,
  id: string,
  dueAt: Date | null,
  actor: PersonActor,
): Promise<void> {
  if (dueAt && dueAt <= clock.now()) throw deadlinePast();
  await db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, id);
    requestMoves.mustMove(request.state, 'withdrawn'); // what can still be taken back is still wanted
    if (request.due_at?.getTime() === dueAt?.getTime()) return;
    await signingOf(transaction)
      .updateTable('signing.request')
      .set({ due_at: dueAt, overdue_at: null })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'signing-request.put-off',
      actor,
      subject: { kind: 'signing-request', id },
      organisationId: request.organisation_id,
      ...(dueAt ? { data: { dueAt: dueAt.toISOString() } } : {}),
    });
  });
}

function stepsOf(transaction: Transaction, id: string): Promise<StepRow[]> {
  return signingOf(transaction)
    .selectFrom('signing.step')
    .selectAll()
    .where('request_id', '=', id)
    .orderBy('position')
    .execute();
}

function mustBeOpen(request: RequestRow, step: StepRow): void {
  requestMoves.mustMove(request.state, 'withdrawn');
  if (step.state !== 'pending' && step.state !== 'due') {
    throw new Conflict('signing/step-over', {
      vi: 'Người này đã ký rồi.',
      en: 'This signature was given already.',
    });
  }
  if (step.session_id) {
    throw new Conflict('signing/being-signed', {
      vi: 'Người ký vừa xác nhận; văn bản đang được ký.',
      en: 'The signer has just confirmed; the document is being signed.',
    });
  }
}

function printedSigner(): Conflict {
  return new Conflict(
    'signing/printed-signer',
    {
      vi: 'Tên người ký đã in trong văn bản này, nên không chuyển cho người khác được.',
      en: 'The document prints who signs it, so that nobody else can.',
    },
    {
      remedy: {
        vi: 'Rút lại, rồi lập văn bản mới với người ký khác.',
        en: 'Withdraw it, and make it anew with another signer.',
      },
    },
  );
}

function signsAlready(): Conflict {
  return new Conflict('signing/signs-already', {
    vi: 'Người này đã có tên trong văn bản; mỗi người chỉ ký một lần.',
    en: 'This person signs the document already; each signs once.',
  });
}

function notASigner(): Conflict {
  return new Conflict('signing/not-a-signer', {
    vi: 'Người này chưa được giao vai trò «người ký» của đơn vị.',
    en: 'This person does not hold the role "signer" of the organisation.',
  });
}

function deadlinePast(): InvalidInput {
  return new InvalidInput('signing/deadline-past', {
    vi: 'Hạn mới phải sau lúc này.',
    en: 'The new deadline has to be later than now.',
  });
}
