import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import type { Selectable } from 'kysely';
import { record } from '../events.ts';
import { archiveTask } from '../long-term/archive.ts';
import { lockRequest, ofApp, type RequestRow } from '../requests/requests.ts';
import { type RequestState, requestMoves } from '../requests/states.ts';
import type { StepRow } from '../requests/steps.ts';
import { type SigningTables, signingOf } from '../tables.ts';

type Session = Selectable<SigningTables['signing.session']>;

/** What a correction takes the place of is readable from now on as replaced. */
export async function replace(
  transaction: Transaction,
  session: Session,
  { id: byId }: RequestRow,
  replacedId: string,
): Promise<void> {
  const replaced = await lockRequest(transaction, replacedId);
  requestMoves.mustMove(replaced.state, 'replaced');
  await signingOf(transaction)
    .updateTable('signing.request')
    .set({ state: 'replaced' })
    .where('id', '=', replacedId)
    .execute();
  await record(transaction, {
    type: 'signing-request.replaced',
    actor: signerActor(session),
    subject: { kind: 'signing-request', id: replacedId },
    organisationId: replaced.organisation_id,
    data: { ...ofApp(replaced), byId },
  });
}

/** A request with what was signed of it. */
interface Signed {
  readonly request: RequestRow;
  readonly step: StepRow;
  readonly state: RequestState;
  readonly documentId: string;
  readonly document: { readonly item: { readonly digest: Buffer }; readonly logIndex: number };
}

/** The events of signatures, and the job that archives what was issued with them. */
export async function tellSigned(
  { jobs }: ServiceContext,
  transaction: Transaction,
  session: Session,
  signed: readonly Signed[],
): Promise<void> {
  const events = signed.flatMap(({ request, step, state, documentId, document }) => {
    const about = {
      actor: signerActor(session),
      subject: { kind: 'signing-request' as const, id: request.id },
      organisationId: request.organisation_id,
    };
    const data = {
      ...ofApp(request),
      documentId,
      step: step.role,
      digest: document.item.digest.toString('hex'),
      sessionId: session.id,
      logIndex: document.logIndex,
      ...(session.enrolment_id ? { isOpened: !session.not_opened.includes(request.id) } : {}),
    };
    const type = session.purpose === 'seal' ? ('signing-request.sealed' as const) : ('signing-request.signed' as const);
    const issued = { type: 'signing-request.issued' as const, ...about, data: { ...ofApp(request), documentId } };
    return [{ type, ...about, data }, ...(state === 'issued' ? [issued] : [])];
  });
  await record(transaction, ...events);
  const issued = signed.flatMap(({ request, state }) => (state === 'issued' ? [request.id] : []));
  const [first] = issued;
  if (first) await jobs.enqueue(transaction, archiveTask, { requestIds: issued }, { key: `${archiveTask}:${first}` });
}

/** Whoever's process completes it, it is the signer who acted. */
function signerActor(session: Session): Actor {
  return {
    kind: 'person',
    personId: session.person_id,
    sessionId: session.sign_in_session_id,
    roles: [],
    acr: '',
    authenticatedAt: session.authorised_at ?? session.created_at,
  };
}
