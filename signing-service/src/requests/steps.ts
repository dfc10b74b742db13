import type { Transaction } from '@edutrust/platform/database';
import type { Selectable, Updateable } from 'kysely';
import { type SigningTables, signingOf } from '../tables.ts';
import { purposeOf, type StepRole, type StepTemplate } from '../templates/order.ts';
import { type RequestState, type StepState, stepMoves } from './states.ts';

export type StepRow = Selectable<SigningTables['signing.step']>;

/** One step of a new request. */
export interface NewStep extends Pick<StepTemplate, 'role' | 'place'> {
  readonly role: StepRole;
  /** Null for the seal: any clerk of the organisation puts it on. */
  readonly signerId: string | null;
  /** Stands in the visible block. */
  readonly signerTitle: string;
}

/** Writes the order of a new request; its first step is due. */
export async function insertSteps(
  transaction: Transaction,
  requestId: string,
  steps: readonly NewStep[],
): Promise<void> {
  await signingOf(transaction)
    .insertInto('signing.step')
    .values(
      steps.map(({ role, place, signerId, signerTitle }, position) => ({
        request_id: requestId,
        position,
        role,
        signer_id: signerId,
        signer_title: signerTitle,
        place: JSON.stringify(place),
        state: position === 0 ? ('due' as const) : ('pending' as const),
        session_id: null,
        document_id: null,
        closed_at: null,
      })),
    )
    .execute();
}

/** The step that is due, if one is. The request's row is locked by the caller. */
export async function dueStep(transaction: Transaction, requestId: string): Promise<StepRow | undefined> {
  return signingOf(transaction)
    .selectFrom('signing.step')
    .selectAll()
    .where('request_id', '=', requestId)
    .where('state', '=', 'due')
    .executeTakeFirst();
}

/** Moves a step on from the state in which it was read. */
export async function moveStep(
  transaction: Transaction,
  step: Pick<StepRow, 'request_id' | 'position' | 'state'>,
  to: StepState,
  values: Updateable<SigningTables['signing.step']> = {},
): Promise<void> {
  stepMoves.mustMove(step.state, to);
  await signingOf(transaction)
    .updateTable('signing.step')
    .set({ ...values, state: to })
    .where('request_id', '=', step.request_id)
    .where('position', '=', step.position)
    .execute();
}

/** What was not due yet never will be: the request was rejected or withdrawn. */
export async function cancelSteps(transaction: Transaction, requestId: string): Promise<void> {
  await signingOf(transaction)
    .updateTable('signing.step')
    .set({ state: 'cancelled' })
    .where('request_id', '=', requestId)
    .where('state', '=', 'pending')
    .execute();
}

/**
 * Closes a step with the file that carries its signature, and makes the next one due.
 *
 * @returns the state of the request from now on.
 */
export async function finishStep(
  transaction: Transaction,
  step: StepRow,
  done: { readonly documentId: string; readonly signerId: string; readonly now: Date },
): Promise<RequestState> {
  await moveStep(transaction, step, 'done', {
    document_id: done.documentId,
    signer_id: done.signerId,
    closed_at: done.now,
  });
  const next = await signingOf(transaction)
    .selectFrom('signing.step')
    .selectAll()
    .where('request_id', '=', step.request_id)
    .where('state', '=', 'pending')
    .orderBy('position')
    .executeTakeFirst();
  if (!next) return 'issued';
  await moveStep(transaction, next, 'due');
  return purposeOf(next.role) === 'seal' ? 'signed' : 'waiting';
}
