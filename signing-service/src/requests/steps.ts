import type { Transaction } from '@edutrust/platform/database';
import { type Selectable, sql, type Updateable } from 'kysely';
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
export async function dueSteps(transaction: Transaction, ...requestIds: readonly string[]): Promise<StepRow[]> {
  return signingOf(transaction)
    .selectFrom('signing.step')
    .selectAll()
    .where('request_id', 'in', [...requestIds])
    .where('state', '=', 'due')
    .orderBy('request_id')
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

/** A step with the files that carry its signature. */
export interface FinishedStep {
  readonly step: StepRow;
  readonly documentId: string;
  readonly dataId: string | null;
}

/**
 * Closes steps of different requests, and makes those of the next turn due, where nobody of a step's own turn is left.
 *
 * @returns the state of each request from now on.
 */
export async function finishSteps(
  transaction: Transaction,
  finished: readonly FinishedStep[],
  { signerId, now }: { readonly signerId: string; readonly now: Date },
): Promise<Map<string, RequestState>> {
  for (const { step } of finished) stepMoves.mustMove(step.state, 'done');
  const ids = finished.map(({ step }) => step.request_id);
  await sql`
    UPDATE signing.step AS s SET state = 'done', document_id = f.document_id, data_id = f.data_id,
      signer_id = ${signerId}, closed_at = ${now}
    FROM unnest(${ids}::uuid[], ${finished.map(({ step }) => step.position)}::int[],
      ${finished.map(({ documentId }) => documentId)}::uuid[], ${finished.map(({ dataId }) => dataId)}::uuid[]
    ) AS f (request_id, position, document_id, data_id)
    WHERE s.request_id = f.request_id AND s.position = f.position`.execute(transaction);
  const open = await signingOf(transaction)
    .selectFrom('signing.step')
    .selectAll()
    .where('request_id', 'in', ids)
    .where('state', 'in', ['pending', 'due'])
    .execute();
  const openOf = Map.groupBy(open, ({ request_id }) => request_id);
  const next: StepRow[] = [];
  const states = new Map<string, RequestState>();
  for (const id of ids) {
    const own = openOf.get(id) ?? [];
    const isTurnOpen = own.some(({ state }) => state === 'due');
    const turn = Math.min(...own.map(turnOf));
    const following = isTurnOpen ? [] : own.filter((one) => turnOf(one) === turn);
    next.push(...following);
    const isForSeal = !isTurnOpen && following.every(({ role }) => purposeOf(role) === 'seal');
    states.set(id, own.length === 0 ? 'issued' : isForSeal ? 'signed' : 'waiting');
  }
  for (const { state } of next) stepMoves.mustMove(state, 'due');
  if (next.length > 0)
    await sql`
      UPDATE signing.step AS s SET state = 'due', due_since = ${now}
      FROM unnest(${next.map(({ request_id }) => request_id)}::uuid[], ${next.map(({ position }) => position)}::int[]
      ) AS n (request_id, position)
      WHERE s.request_id = n.request_id AND s.position = n.position`.execute(transaction);
  return states;
}

const turnOf = ({ turn, position }: StepRow) => turn ?? position;
