import type { Actor, PersonActor } from '@edutrust/platform/actor';
import { endOfDayInVietnam, timeZone } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { decidesFor, isDecidedFor } from '../guardians/children.ts';
import { type NoticeKind, notify } from '../notices/notices.ts';
import {
  acknowledgeWorkingDays,
  endOfWorkingDayAfter,
  type RequestKindName,
  type RequestState,
  requestKinds,
  requestMoves,
} from './kinds.ts';

/** What an erasure did, in numbers and names of systems: nothing of the person. */
export interface ErasureOutcome {
  readonly erased: readonly { readonly code: string; readonly count: number }[];
  /** What stays by law, and how many. */
  readonly kept: readonly { readonly what: Text; readonly why: Text; readonly count: number }[];
  /** Systems outside that got data of the person, and have to be told to erase theirs (Law 91/2025, article 14). */
  readonly recipients: readonly string[];
}

export interface DataRequestRow {
  readonly id: string;
  readonly kind: RequestKindName;
  readonly subjectId: string;
  readonly subjectName: string;
  readonly educationId: string;
  readonly askedById: string | null;
  readonly askedByName: string | null;
  readonly askedAs: 'person' | 'guardian' | 'paper';
  readonly wish: string;
  readonly organisationId: string;
  readonly organisationName: string;
  readonly state: RequestState;
  readonly receivedAt: Date;
  readonly acknowledgeBy: Date;
  readonly acknowledgedAt: Date | null;
  readonly dueAt: Date;
  readonly extendedAt: Date | null;
  readonly extensionReason: string | null;
  readonly closedAt: Date | null;
  readonly answer: string | null;
  readonly approvalId: string | null;
  readonly outcome: ErasureOutcome | null;
}

const columns = sql`
  r.id, r.kind, r.subject_id AS "subjectId", s.full_name AS "subjectName", s.education_id AS "educationId",
  r.asked_by AS "askedById", a.full_name AS "askedByName", r.asked_as AS "askedAs", r.wish, r.organisation_id AS "organisationId",
  o.name AS "organisationName", r.state, r.received_at AS "receivedAt", r.acknowledge_by AS "acknowledgeBy",
  r.acknowledged_at AS "acknowledgedAt", r.due_at AS "dueAt", r.extended_at AS "extendedAt",
  r.extension_reason AS "extensionReason", r.closed_at AS "closedAt", r.answer, r.approval_id AS "approvalId", r.outcome
  FROM registry.data_request AS r JOIN registry.person AS s ON s.id = r.subject_id
  JOIN registry.organisation AS o ON o.id = r.organisation_id LEFT JOIN registry.person AS a ON a.id = r.asked_by`;

/** What the person asked for themselves, or for their children; newest first. */
export async function requestsOfAsker(db: Database, personId: string): Promise<DataRequestRow[]> {
  const { rows } = await sql<DataRequestRow>`
    SELECT ${columns} WHERE r.asked_by = ${personId} ORDER BY r.id DESC LIMIT 50`.execute(db);
  return rows;
}

/** What the desks of these organisations have: open ones by their due time, or closed ones, newest first. */
export async function requestsOfDesk(
  db: Database,
  scope: readonly string[],
  { isOpen, limit, cursor }: { readonly isOpen: boolean; readonly limit: number; readonly cursor?: string },
): Promise<DataRequestRow[]> {
  const { rows } = await sql<DataRequestRow>`
    SELECT ${columns} WHERE o.path && ${[...scope]}::uuid[] AND (r.closed_at IS NULL) = ${isOpen}
      ${cursor ? (isOpen ? sql`AND (r.due_at, r.id) > (SELECT c.due_at, c.id FROM registry.data_request AS c WHERE c.id = ${cursor}::uuid)` : sql`AND r.id < ${cursor}::uuid`) : sql``}
    ORDER BY ${isOpen ? sql`r.due_at, r.id` : sql`r.id DESC`} LIMIT ${limit}`.execute(db);
  return rows;
}

/** @throws NotFound `data-requests/none` */
export async function findRequest(db: Database | Transaction, id: string): Promise<DataRequestRow> {
  const { rows } = isUuid(id)
    ? await sql<DataRequestRow>`SELECT ${columns} WHERE r.id = ${id}`.execute(db)
    : { rows: [] };
  if (!rows[0]) throw noRequest();
  return rows[0];
}

/** @throws NotFound; locked until the transaction ends. */
export async function lockRequest(transaction: Transaction, id: string): Promise<DataRequestRow> {
  await sql`SELECT 1 FROM registry.data_request WHERE id = ${id} FOR UPDATE`.execute(transaction);
  return findRequest(transaction, id);
}

/**
 * Asks for a right of Law 91/2025/QH15: for oneself, or for a child for whom one decides.
 *
 * @throws NotFound for another's child; Forbidden `account/guardians-decide` for a child; Conflict `data-requests/open`.
 */
export async function askForData(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  { subjectId, kind, wish }: { readonly subjectId: string; readonly kind: RequestKindName; readonly wish: string },
  actor: PersonActor,
): Promise<string> {
  const isOwn = subjectId === actor.personId;
  if (isOwn && (await isDecidedFor(db, actor.personId, clock.now()))) throw guardiansDecide();
  if (!isOwn && !(await decidesFor(db, actor.personId, subjectId, clock.now()))) throw noChild();
  return db
    .transaction()
    .execute((transaction) =>
      keepRequest(transaction, clock.now(), { subjectId, kind, wish, askedAs: isOwn ? 'person' : 'guardian' }, actor),
    );
}

/** Writes a request down: with its clocks, at the desk of where the person belongs. @throws Conflict `data-requests/open` */
export async function keepRequest(
  transaction: Transaction,
  now: Date,
  { subjectId, kind, wish, askedAs }: Pick<DataRequestRow, 'subjectId' | 'kind' | 'wish' | 'askedAs'>,
  actor: PersonActor,
): Promise<string> {
  const id = uuidv7();
  const { rows } = await sql<{ organisation: string }>`
    INSERT INTO registry.data_request
      (id, kind, subject_id, asked_by, asked_as, wish, organisation_id, state, received_at, acknowledge_by, due_at)
    SELECT ${id}, ${kind}, p.id, ${askedAs === 'paper' ? null : actor.personId}::uuid, ${askedAs}, ${wish.normalize('NFC').trim()},
      coalesce(p.home_organisation_id,
        (SELECT f.organisation_id FROM registry.affiliation AS f WHERE f.person_id = p.id
         ORDER BY f.valid_until DESC NULLS FIRST, f.id DESC LIMIT 1),
        (SELECT id FROM registry.organisation WHERE parent_id IS NULL LIMIT 1)),
      'received', ${now}, ${endOfWorkingDayAfter(now, acknowledgeWorkingDays)}, ${endOfDayInVietnam(now, requestKinds[kind].days)}
    FROM registry.person AS p WHERE p.id = ${subjectId} AND p.status NOT IN ('merged', 'erased')
    ON CONFLICT (subject_id, kind) WHERE closed_at IS NULL DO NOTHING RETURNING organisation_id AS organisation`.execute(
    transaction,
  );
  const [kept] = rows;
  if (!kept) throw isOpenAlready();
  await record(transaction, {
    type: 'data-request.received',
    actor,
    subject: { kind: 'data-request', id },
    organisationId: kept.organisation,
    data: { kind, as: askedAs },
  });
  return id;
}

/** The desk has it in hand; who asked is told until when it is answered. */
export async function acknowledgeRequest(context: Pick<ServiceContext, 'db' | 'clock'>, id: string, actor: Actor) {
  await move(context, id, 'acknowledged', actor, async (transaction, request) => {
    await sql`UPDATE registry.data_request SET acknowledged_at = ${context.clock.now()} WHERE id = ${id}`.execute(
      transaction,
    );
    await tell(transaction, request, 'data-request.acknowledged', { until: dayOf(request.dueAt) });
  });
}

/** As many days again, once, with the reason that who asked reads. @throws Conflict `data-requests/extended` */
export async function extendRequest(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  id: string,
  reason: string,
  actor: Actor,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, id);
    if (requestMoves.isFinal(request.state) || request.extendedAt || clock.now() >= request.dueAt) throw notExtended();
    const dueAt = endOfDayInVietnam(new Date(request.dueAt.getTime() - 1), requestKinds[request.kind].days);
    await sql`
      UPDATE registry.data_request SET extended_at = ${clock.now()}, extension_reason = ${reason.trim()}, due_at = ${dueAt}
      WHERE id = ${id}`.execute(transaction);
    await record(transaction, { type: 'data-request.extended', actor, ...about(request) });
    await tell(transaction, request, 'data-request.extended', { until: dayOf(dueAt), reason: reason.trim() });
  });
}

/** Done or refused, with what who asked reads. An erasure is closed by its job alone. */
export async function answerRequest(
  context: Pick<ServiceContext, 'db' | 'clock'>,
  id: string,
  { state, answer }: { readonly state: 'done' | 'refused'; readonly answer: string },
  actor: Actor,
): Promise<void> {
  await move(context, id, state, actor, async (transaction, request) => {
    if (request.kind === 'erase' && state === 'done') throw byTwo();
    await sql`
      UPDATE registry.data_request SET closed_at = ${context.clock.now()}, answer = ${answer.trim()},
        acknowledged_at = coalesce(acknowledged_at, ${context.clock.now()}) WHERE id = ${id}`.execute(transaction);
    await tell(transaction, request, state === 'done' ? 'data-request.done' : 'data-request.refused', {
      answer: answer.trim(),
    });
  });
}

/** Who asked no longer wants it. @throws NotFound for anybody else */
export async function withdrawRequest(
  context: Pick<ServiceContext, 'db' | 'clock'>,
  id: string,
  actor: PersonActor,
): Promise<void> {
  await move(context, id, 'withdrawn', actor, async (transaction, request) => {
    if (request.askedById !== actor.personId) throw noRequest();
    await sql`UPDATE registry.data_request SET closed_at = ${context.clock.now()} WHERE id = ${id}`.execute(
      transaction,
    );
  });
}

async function move(
  { db }: Pick<ServiceContext, 'db'>,
  id: string,
  to: RequestState,
  actor: Actor,
  effect: (transaction: Transaction, request: DataRequestRow) => Promise<void>,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, id);
    requestMoves.mustMove(request.state, to);
    // The state and what it asks for (a time of closing) are one statement each, and the check is of both.
    if (requestMoves.isFinal(to))
      await sql`UPDATE registry.data_request SET state = ${to}, closed_at = now() WHERE id = ${id}`.execute(
        transaction,
      );
    else await sql`UPDATE registry.data_request SET state = ${to} WHERE id = ${id}`.execute(transaction);
    await effect(transaction, request);
    await record(transaction, {
      type: 'data-request.moved',
      actor,
      ...about(request),
      data: { kind: request.kind, state: to },
    });
  });
}

const about = ({ id, organisationId }: DataRequestRow) =>
  ({ subject: { kind: 'data-request', id }, organisationId }) as const;

const day = new Intl.DateTimeFormat('vi-VN', { timeZone, dateStyle: 'short' });
/** The last day of a time that ends at midnight. */
const dayOf = (end: Date) => day.format(new Date(end.getTime() - 1));

/** Who asked is told; nobody where the request came on paper. */
export async function tell(
  transaction: Transaction,
  { kind, askedById }: Pick<DataRequestRow, 'kind' | 'askedById'>,
  notice: NoticeKind,
  data: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (!askedById) return;
  const { vi, en } = requestKinds[kind];
  await notify(transaction, { personId: askedById, kind: notice, data: { what: vi, whatEn: en, ...data } });
}

export function noRequest(): NotFound {
  return new NotFound('data-requests/none', { vi: 'Không có yêu cầu này.', en: 'There is no such request.' });
}

function isOpenAlready(): Conflict {
  return new Conflict(
    'data-requests/open',
    { vi: 'Đã có một yêu cầu như vậy đang được xử lý.', en: 'There is such a request already, and it is in hand.' },
    { remedy: { vi: 'Chờ trả lời, hoặc rút yêu cầu trước.', en: 'Wait for the answer, or withdraw the earlier one.' } },
  );
}

function notExtended(): Conflict {
  return new Conflict('data-requests/extended', {
    vi: 'Mỗi yêu cầu chỉ gia hạn được một lần, khi chưa quá hạn và chưa trả lời.',
    en: 'A request is extended once, before it is due and before it is answered.',
  });
}

function byTwo(): Conflict {
  return new Conflict(
    'data-requests/by-two',
    { vi: 'Xoá dữ liệu cần hai người.', en: 'Erasing takes two people.' },
    {
      remedy: {
        vi: 'Bấm «Đề nghị xoá» và chờ người thứ hai.',
        en: 'Choose “Propose the erasure” and wait for the second person.',
      },
    },
  );
}

function guardiansDecide(): Forbidden {
  return new Forbidden(
    'data-requests/guardians-decide',
    {
      vi: 'Tới khi em đủ 16 tuổi, cha mẹ hoặc người giám hộ gửi yêu cầu giúp em.',
      en: 'Until you are 16 your parents or guardians ask for you.',
    },
    { remedy: { vi: 'Nhờ cha mẹ mở «Con của tôi».', en: 'Ask them to open “My children”.' } },
  );
}

/** The same for another's child, for one who decides alone, and for none. */
function noChild(): NotFound {
  return new NotFound('account/no-child', { vi: 'Không có con em này.', en: 'There is no such child.' });
}
