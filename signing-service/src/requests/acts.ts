import type { PersonActor } from '@edutrust/platform/actor';
import type { Database } from '@edutrust/platform/database';
import { Forbidden } from '@edutrust/platform/errors';
import type { Resource } from '@edutrust/platform/http';
import { can } from '@edutrust/registry/permissions';
import type Type from 'typebox';
import { signingOf } from '../tables.ts';
import { formKinds } from '../templates/form/kinds.ts';
import { noRequest } from './requests.ts';
import type { RequestAct } from './schemas.ts';
import type { RequestView } from './views.ts';

/** Whose a request is, for `can`: the school's, the class's, and those whom its order names. Nobody's when there is none. */
export async function resourceOfRequest(db: Database, id: string): Promise<Resource> {
  const rows = await signingOf(db)
    .selectFrom('signing.request as r')
    .leftJoin('signing.step as s', 's.request_id', 'r.id')
    .select(['r.organisation_id', 'r.class_id', 's.signer_id'])
    .where('r.id', '=', id)
    .execute();
  const [found] = rows;
  if (!found) return {};
  return {
    organisationId: found.organisation_id,
    assigneeIds: rows.flatMap(({ signer_id }) => signer_id ?? []),
    ...(found.class_id ? { classId: found.class_id } : {}),
  };
}

/** What the actor may do with the request as it stands. */
export async function mayDo(
  db: Database,
  request: Pick<RequestView, 'id' | 'kind' | 'format' | 'state' | 'steps' | 'organisation' | 'subject' | 'classId'>,
  actor: PersonActor,
): Promise<Type.Static<typeof RequestAct>[]> {
  const decide = can(db);
  if (request.state === 'issued') {
    const resource = await resourceOfRequest(db, request.id);
    const isCorrectable = request.subject && request.classId && (await decide(actor, 'signing.request', resource));
    const isRevocable =
      formKinds.some((kind) => kind === request.kind) && (await decide(actor, 'signing.request', resource));
    const isCopied = request.format === 'PAdES' && request.kind !== 'extract';
    return [
      ...(isCorrectable ? (['correct'] as const) : []),
      ...(isCopied && (await decide(actor, 'signing.copy', resource)) ? (['copy'] as const) : []),
      ...(isRevocable ? (['revoke'] as const) : []),
    ];
  }
  if (request.state !== 'waiting' && request.state !== 'signed') return [];
  const due = request.steps.filter(({ state }) => state === 'due');
  const isTheirs = due.some(({ person }) => person?.id === actor.personId) && (await decide(actor, 'signing.sign'));
  const hasSigned = request.steps.some(({ person, state }) => state === 'done' && person?.id === actor.personId);
  const { id: organisationId } = request.organisation;
  const isSealDue = due.some(({ role }) => role === 'school-seal');
  const isClerk = isSealDue && (await decide(actor, 'signing.seal', { organisationId }));
  const isAsker = await decide(actor, 'signing.request', await resourceOfRequest(db, request.id));
  return [
    ...(isTheirs ? (['sign'] as const) : []),
    ...(isClerk && !hasSigned ? (['seal'] as const) : []),
    ...(isTheirs || isClerk ? (['reject'] as const) : []),
    ...(isAsker ? (['withdraw'] as const) : []),
  ];
}

/**
 * Whose turn it is: the person whom the due step names, or for the seal a clerk of the organisation.
 *
 * @throws NotFound for a request that is none of theirs; Forbidden `signing/not-the-signer`.
 */
export async function mustBeTheirTurn(db: Database, id: string, actor: PersonActor): Promise<void> {
  const resource = await resourceOfRequest(db, id);
  const decide = can(db);
  if (!(await decide(actor, 'signing.read', resource))) throw noRequest();
  const due = await signingOf(db)
    .selectFrom('signing.step')
    .select(['role', 'signer_id'])
    .where('request_id', '=', id)
    .where('state', '=', 'due')
    .execute();
  // Nothing due: the table of moves says so.
  if (due.length === 0 || due.some(({ signer_id }) => signer_id === actor.personId)) return;
  if (due.some(({ role }) => role === 'school-seal') && (await decide(actor, 'signing.seal', resource))) return;
  throw new Forbidden('signing/not-the-signer', {
    vi: 'Chỉ người đang được yêu cầu ký mới từ chối được.',
    en: 'Only the one whose signature is due can reject.',
  });
}
