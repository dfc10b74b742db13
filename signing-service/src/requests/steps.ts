import type { Transaction } from '@edutrust/platform/database';
import type { Selectable, Updateable } from 'kysely';
import type { Place } from '../formats/format.ts';
import { type SigningTables, type StepLook, signingOf } from '../tables.ts';
import { purposeOf, type StepRole, type StepTemplate } from '../templates/order.ts';
import { type RequestState, type StepState, stepMoves } from './states.ts';

export type StepRow = Selectable<SigningTables['signing.step']>;

/** One step of a new request. */
export interface NewStep extends Pick<StepTemplate, 'role'> {
  readonly role: StepRole;
  /** Of its visible block. */
  readonly place: Place | undefined;
  /** What is seen there; the usual block when absent. */
  readonly look?: StepLook | undefined;
  /** Null for the seal: any clerk of the organisation puts it on. */
  readonly signerId: string | null;
  /** Stands in the visible block. */
  readonly signerTitle: string;
  /** In whose place the signer signs, by a delegation. */
  readonly onBehalfOf?: string | undefined;
  /** Steps of one turn are due together; its position when absent. */
  readonly turn?: number;
}

/** Writes the order of a new request; the steps of its first turn are due. */
export async function insertSteps(
  transaction: Transaction,
  requestId: string,
  steps: readonly NewStep[],
  now: Date,
): Promise<void> {
  const [first] = steps;
  const isDue = (turn: number | null, position: number) => position === 0 || (turn !== null && turn === first?.turn);
  await signingOf(transaction)
    .insertInto('signing.step')
    .values(
      steps.map(({ role, place, look, signerId, signerTitle, onBehalfOf = null, turn = null }, position) => ({
        request_id: requestId,
        position,
        role,
        turn,
        signer_id: signerId,
        signer_title: signerTitle,
        on_behalf_of: onBehalfOf,
        place: place ? JSON.stringify(place) : null,
        look: look ? JSON.stringify(look) : null,
        state: isDue(turn, position) ? ('due' as const) : ('pending' as const),
        due_since: isDue(turn, position) ? now : null,
        session_id: null,
        document_id: null,
        data_id: null,
        closed_at: null,
      })),
    )
    .execute();
}

/** The steps that are due. The request's row is locked by the caller. */
export async function dueSteps(transaction: Transaction, requestId: string): Promise<StepRow[]> {
  return signingOf(transaction)
    .selectFrom('signing.step')
    .selectAll()
    .where('request_id', '=', requestId)
    .where('state', '=', 'due')
    .orderBy('position')
    .execute();
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

/** What is still open never will be done: the request was rejected or withdrawn. */
export async function cancelSteps(transaction: Transaction, requestId: string): Promise<void> {
  await signingOf(transaction)
    .updateTable('signing.step')
    .set({ state: 'cancelled' })
    .where('request_id', '=', requestId)
    .where('state', 'in', ['pending', 'due'])
    .execute();
}

/**
 * Closes a step with the files that carry its signature, and makes those of the next turn due, when nobody of its own turn is left.
 *
 * @returns the state of the request from now on.
 */
export async function finishStep(
  transaction: Transaction,
  step: StepRow,
  done: { readonly documentId: string; readonly dataId: string | null; readonly signerId: string; readonly now: Date },
): Promise<RequestState> {
  await moveStep(transaction, step, 'done', {
    document_id: done.documentId,
    data_id: done.dataId,
    signer_id: done.signerId,
    closed_at: done.now,
  });
  const open = await signingOf(transaction)
    .selectFrom('signing.step')
    .selectAll()
    .where('request_id', '=', step.request_id)
    .where('state', 'in', ['pending', 'due'])
    .orderBy('position')
    .execute();
  if (open.length === 0) return 'issued';
  if (open.some(({ state }) => state === 'due')) return 'waiting';
  const turn = Math.min(...open.map(turnOf));
  const next = open.filter((one) => turnOf(one) === turn);
  for (const one of next) await moveStep(transaction, one, 'due', { due_since: done.now });
  return next.every(({ role }) => purposeOf(role) === 'seal') ? 'signed' : 'waiting';
}

const turnOf = ({ turn, position }: StepRow) => turn ?? position;
