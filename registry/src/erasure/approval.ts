import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import type { KeptData } from '@edutrust/platform/personal';
import { strict, Uuid } from '@edutrust/platform/schemas';
import { sql } from 'kysely';
import Type from 'typebox';
import { type ApprovalKind, type ProposedApproval, propose } from '../approvals/approvals.ts';
import { requestMoves } from '../data-requests/kinds.ts';
import { lockRequest } from '../data-requests/requests.ts';
import { record } from '../events.ts';
import { standing } from '../lifecycle/standing.ts';
import { mustHoldNoDuty } from '../people/people.ts';
import { recordedRolesOf } from '../permissions/permissions.ts';
import { eraseTask } from './task.ts';

const Both = Type.Object({ vi: Type.String(), en: Type.String() }, strict);
const Content = Type.Object(
  {
    request: Uuid,
    person: Uuid,
    fullName: Type.String(),
    educationId: Type.String(),
    version: Type.Integer(),
    kept: Type.Array(Type.Object({ what: Both, why: Both, count: Type.Integer() }, strict)),
  },
  strict,
);
type Content = Type.Static<typeof Content>;

const both = (text: string) => ({ vi: text, en: text });

/** A record is erased for ever: by two people, after the desk took the request in hand (N4, ADR 0237). */
export const eraseKind: ApprovalKind<Content> = {
  kind: 'person.erase',
  content: Content,
  approve: 'approvals.approve',
  page: ({ request }) => `/admin/data-desk/${request}`,
  describe: ({ fullName, educationId, kept }) => ({
    title: {
      vi: `Xoá vĩnh viễn dữ liệu của ${fullName} · ${educationId}`,
      en: `Erase the data of ${fullName} · ${educationId} for ever`,
    },
    facts: [
      { label: { vi: 'Người', en: 'Person' }, value: both(`${fullName} · ${educationId}`) },
      ...kept.map(({ what, why, count }) => ({
        label: { vi: `Giữ theo luật: ${what.vi}`, en: `Kept by law: ${what.en}` },
        value: { vi: `${count} · ${why.vi}`, en: `${count} · ${why.en}` },
      })),
      {
        label: { vi: 'Hậu quả', en: 'Consequence' },
        value: {
          vi: 'Không phục hồi được. Khi trở lại, người này là một hồ sơ mới với mã giáo dục mới. Bản sao lưu giữ dữ liệu tới khi chúng bị xoá.',
          en: 'It cannot be undone. Whoever comes back is a new record with a new education ID. Backups keep the data until they are deleted.',
        },
      },
    ],
  }),
  concerns: ({ person }) => person,
  apply: async (transaction, content, { approver, context, approvalId }) => {
    const request = await lockRequest(transaction, content.request);
    requestMoves.mustMove(request.state, 'erasing');
    const found = await lockErasable(transaction, content.person);
    if (found.version !== content.version || found.fullName !== content.fullName) throw changed();
    await bury(transaction, content, approvalId);
    const { request: id, person } = content;
    const { organisationId } = request;
    await record(
      transaction,
      {
        type: 'person.erased',
        actor: approver,
        subject: { kind: 'person', id: person },
        organisationId,
        data: { request: id, approval: approvalId },
      },
      {
        type: 'data-request.moved',
        actor: approver,
        subject: { kind: 'data-request', id },
        organisationId,
        data: { kind: 'erase', state: 'erasing' },
      },
    );
    await context.jobs.enqueue(transaction, eraseTask, { requestId: id }, { key: `${eraseTask}:${id}` });
    return { goesOn: true };
  },
};

/**
 * Makes the record, and those that were merged into it, tombstones at once: nobody finds or matches them from this moment. By
 * what text the person was named stays with the request until the job is through.
 */
async function bury(transaction: Transaction, { request, person, kept }: Content, approvalId: string): Promise<void> {
  await sql`
    UPDATE registry.data_request SET state = 'erasing', approval_id = ${approvalId},
      outcome = ${JSON.stringify({ erased: [], kept, recipients: [] })}, erasing = (
        SELECT jsonb_build_object('ids', jsonb_agg(id), 'names', jsonb_agg(DISTINCT full_name),
          'educationIds', jsonb_agg(DISTINCT education_id) || coalesce((
            SELECT jsonb_agg(a.education_id) FROM registry.education_id_alias AS a WHERE a.person_id = ${person}), '[]'),
          'addresses', coalesce(jsonb_agg(DISTINCT email) FILTER (WHERE email IS NOT NULL), '[]'))
        FROM registry.person WHERE ${person} IN (id, merged_into))
    WHERE id = ${request}`.execute(transaction);
  await sql`
    UPDATE registry.person SET status = 'erased', full_name = 'Đã xoá theo yêu cầu', education_id = 'erased-' || id,
      birth_date = NULL, gender = NULL, moet_id_sealed = NULL, moet_id_index = NULL, personal_number_sealed = NULL,
      personal_number_index = NULL, lifelong_code_sealed = NULL, lifelong_code_index = NULL, details = '{}', email = NULL, version = version + 1
    WHERE ${person} IN (id, merged_into)`.execute(transaction);
}

interface Erasable {
  readonly fullName: string;
  readonly educationId: string;
  readonly version: number;
}

/**
 * The record, locked, when nothing needs it any longer: the law asks schools for the record of whoever learns or works
 * there (Law 91/2025, article 14).
 *
 * @throws Conflict `data-requests/still-needed`
 */
async function lockErasable(transaction: Transaction, personId: string): Promise<Erasable> {
  const { rows } = await sql<Erasable & { status: Parameters<typeof standing.allows>[0]; isNeeded: boolean }>`
    SELECT p.full_name AS "fullName", p.education_id AS "educationId", p.version, p.status,
      EXISTS (SELECT FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.valid_until IS NULL)
      OR EXISTS (SELECT FROM registry.guardianship AS g JOIN registry.person AS c ON c.id = g.child_id AND c.status <> 'erased'
        WHERE g.guardian_id = p.id AND g.valid_until IS NULL) AS "isNeeded"
    FROM registry.person AS p WHERE p.id = ${personId} FOR UPDATE`.execute(transaction);
  const [found] = rows;
  if (!found || found.status === 'merged' || found.status === 'erased') throw changed();
  await mustHoldNoDuty(transaction, personId);
  const holdsRole = (await recordedRolesOf(transaction, personId)).length > 0;
  if (found.isNeeded || holdsRole || !standing.allows(found.status, 'erased')) throw stillNeeded();
  return found;
}

/**
 * Proposes the erasure that a request asks for; a second person approves. What stays by law is counted now, and both agree to it.
 *
 * @throws Conflict `data-requests/still-needed`, `data-requests/not-now`
 */
export async function proposeErasure(
  context: ServiceContext,
  kept: readonly KeptData[],
  requestId: string,
  actor: PersonActor,
): Promise<ProposedApproval> {
  return context.db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, requestId);
    if (request.kind !== 'erase') throw changed();
    requestMoves.mustMove(request.state, 'erasing');
    const found = await lockErasable(transaction, request.subjectId);
    const content: Content = {
      request: requestId,
      person: request.subjectId,
      fullName: found.fullName,
      educationId: found.educationId,
      version: found.version,
      kept: await countKept(transaction, kept, [request.subjectId]),
    };
    const proposed = await propose(
      transaction,
      context,
      eraseKind,
      { content, organisationId: request.organisationId },
      actor,
    );
    await sql`UPDATE registry.data_request SET approval_id = ${proposed.approval.id} WHERE id = ${requestId}`.execute(
      transaction,
    );
    return proposed;
  });
}

/** What would stay of these people, with how many; what tells nothing of them is not spoken of. */
export async function countKept(db: Database | Transaction, kept: readonly KeptData[], ids: readonly string[]) {
  const counted: { what: KeptData['what']; why: KeptData['why']; count: number }[] = [];
  for (const { what, why, count } of kept) {
    const number = (await count?.(db, ids)) ?? 0;
    if (number > 0) counted.push({ what, why, count: number });
  }
  return counted;
}

function stillNeeded(): Conflict {
  return new Conflict(
    'data-requests/still-needed',
    {
      vi: 'Người này còn thuộc một đơn vị hoặc còn là người giám hộ: hồ sơ còn cần cho nhiệm vụ theo luật.',
      en: 'This person still belongs to an organisation or is a guardian: the law asks for the record.',
    },
    {
      remedy: {
        vi: 'Người này đã rời thì ghi «Rời» ở hồ sơ trước; chưa rời thì trả lời rằng chưa xoá được và vì sao.',
        en: 'If they have left, record that first; if not, answer that it cannot be erased yet, and why.',
      },
    },
  );
}

function changed(): Conflict {
  return new Conflict(
    'data-requests/changed',
    {
      vi: 'Hồ sơ hoặc yêu cầu đã thay đổi sau khi lập đề nghị.',
      en: 'The record or the request was changed after this was proposed.',
    },
    { remedy: { vi: 'Xem lại rồi lập lại.', en: 'Look again and propose it again.' } },
  );
}
