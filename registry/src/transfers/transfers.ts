import type { PersonActor } from '@edutrust/platform/actor';
import { dateInVietnam, endOfDayInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { findByEducationId, lockActive, transfer } from '../people/people.ts';
import {
  classElsewhere,
  isOpenAlready,
  noSuchLearner,
  notAnotherSchool,
  notHere,
  notYours,
  tooManyTries,
} from './errors.ts';
import { tellFamily } from './family.ts';
import { answerDays, type TransferSide, type TransferState, transferMoves } from './states.ts';
import { findTransfer, lockTransfer, type TransferRow } from './store.ts';

type Tools = Pick<ServiceContext, 'db' | 'clock'>;

/** Asks in an hour that name nobody, before the rest waits: who tries birth dates of a child finds none. */
const missesAnHour = 20;

interface Question {
  readonly personId: string;
  readonly fromId: string;
  readonly toId: string;
  readonly askedSide: TransferSide;
  readonly note: string;
  readonly classId?: string;
}

/** The school of a learner offers them to another; gives the transfer's id. @throws as {@link ask} */
export async function offerTransfer(
  { db, clock }: Tools,
  { personId, toId, note }: { readonly personId: string; readonly toId: string; readonly note: string },
  actor: PersonActor,
): Promise<string> {
  return db.transaction().execute(async (transaction) => {
    await lockActive(transaction, personId);
    const fromId = await schoolOf(transaction, personId);
    if (!fromId) throw notHere();
    return ask(transaction, clock.now(), { personId, fromId, toId, askedSide: 'from', note }, actor);
  });
}

/**
 * A school asks for a learner who wants to come: by education ID and date of birth, which the family brings. Nobody learns
 * from a refusal whether one of the two was right.
 *
 * @throws NotFound `transfers/no-such-learner`; TooManyRequests `transfers/too-many-tries`; as {@link ask}
 */
export async function requestTransfer(
  { db, clock, store }: Pick<ServiceContext, 'db' | 'clock' | 'store'>,
  {
    educationId,
    birthDate,
    toId,
    classId,
    note,
  }: {
    readonly educationId: string;
    readonly birthDate: string;
    readonly toId: string;
    readonly classId?: string;
    readonly note: string;
  },
  actor: PersonActor,
): Promise<string> {
  const tries = await store.increment(`transfer-tries:${actor.personId}`, 3_600);
  if (tries > missesAnHour) throw tooManyTries();
  const id = await db.transaction().execute(async (transaction) => {
    const found = await findByEducationId(transaction, educationId);
    if (!found || found.birthDate !== birthDate || found.status !== 'active') throw noSuchLearner();
    await lockActive(transaction, found.id);
    const fromId = await schoolOf(transaction, found.id);
    if (!fromId) throw noSuchLearner();
    const more = classId ? { classId } : {};
    return ask(transaction, clock.now(), { personId: found.id, fromId, toId, askedSide: 'to', note, ...more }, actor);
  });
  await store.increment(`transfer-tries:${actor.personId}`, 3_600, -1);
  return id;
}

/**
 * Writes the question down; nothing of the learner changes by it.
 *
 * @throws InvalidInput `transfers/not-another-school`, `people/class-elsewhere`; Conflict `transfers/open`
 */
async function ask(transaction: Transaction, now: Date, question: Question, actor: PersonActor): Promise<string> {
  const { personId, fromId, toId, askedSide, note, classId } = question;
  if (fromId === toId || !(await isSchool(transaction, toId))) throw notAnotherSchool();
  if (classId && !(await isClassOf(transaction, classId, toId))) throw classElsewhere();
  await lapseOf(transaction, personId, now);
  const id = uuidv7(now.getTime());
  const { numAffectedRows } = await sql`
    INSERT INTO registry.transfer (id, person_id, from_id, to_id, asked_side, asked_by, note, class_id, state, asked_at, expires_at)
    VALUES (${id}, ${personId}, ${fromId}, ${toId}, ${askedSide}, ${actor.personId}, ${note.normalize('NFC').trim()},
      ${classId ?? null}, 'waiting', ${now}, ${endOfDayInVietnam(now, answerDays)})
    ON CONFLICT (person_id) WHERE closed_at IS NULL DO NOTHING`.execute(transaction);
  if (numAffectedRows === 0n) throw isOpenAlready();
  await record(transaction, {
    type: 'transfer.asked',
    actor,
    subject: { kind: 'person', id: personId },
    organisationId: askedSide === 'from' ? fromId : toId,
    data: { transferId: id, side: askedSide, from: fromId, to: toId },
  });
  await tell(transaction, await findTransfer(transaction, id, now), 'transfer.asked', now);
  return id;
}

/**
 * The other school's yes: the learner goes, with education ID, history and guardians. Gives whether they went: who is no
 * longer where the question found them stays where they are, and the question is over.
 *
 * @throws Forbidden `transfers/not-yours` for who asked; Conflict `transfers/not-now`; InvalidInput `people/class-elsewhere`
 */
export async function acceptTransfer(
  { db, clock }: Tools,
  { id, classId }: { readonly id: string; readonly classId?: string | undefined },
  actor: PersonActor,
): Promise<boolean> {
  const now = clock.now();
  return db.transaction().execute(async (transaction) => {
    const found = await lockTransfer(transaction, id, now);
    transferMoves.mustMove(found.state, 'accepted');
    if (found.askedBy === actor.personId) throw notYours();
    await lockActive(transaction, found.personId);
    if ((await schoolOf(transaction, found.personId)) !== found.fromId) {
      await close(transaction, found, { state: 'lapsed', now });
      return false;
    }
    const into = classId ?? found.classId ?? undefined;
    await close(transaction, found, { state: 'accepted', now, actor });
    await transfer(
      transaction,
      found.personId,
      { organisationId: found.toId, ...(into ? { classId: into } : {}) },
      { actor, today: dateInVietnam(now) },
    );
    return true;
  });
}

/** The other school's no, with the reason that the first one and the family read. @throws as {@link acceptTransfer} */
export async function declineTransfer(
  { db, clock }: Tools,
  { id, reason }: { readonly id: string; readonly reason: string },
  actor: PersonActor,
): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async (transaction) => {
    const found = await lockTransfer(transaction, id, now);
    transferMoves.mustMove(found.state, 'declined');
    if (found.askedBy === actor.personId) throw notYours();
    await close(transaction, found, { state: 'declined', now, actor, answer: reason.normalize('NFC').trim() });
  });
}

/** The school that asked no longer wants it. @throws Conflict `transfers/not-now` */
export async function withdrawTransfer({ db, clock }: Tools, id: string, actor: PersonActor): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async (transaction) => {
    const found = await lockTransfer(transaction, id, now);
    transferMoves.mustMove(found.state, 'withdrawn');
    await close(transaction, found, { state: 'withdrawn', now, actor });
  });
}

/** Ends what nobody answered in time, and what asks for somebody who is no longer there; gives how many. Run by the clock. */
export async function lapseTransfers({ db, clock }: Tools): Promise<number> {
  const now = clock.now();
  const { rows } = await sql<{ id: string }>`
    SELECT t.id FROM registry.transfer AS t WHERE t.closed_at IS NULL AND (t.expires_at <= ${now} OR NOT EXISTS (
      SELECT FROM registry.affiliation AS f WHERE f.person_id = t.person_id AND f.organisation_id = t.from_id
        AND f.role = 'learner' AND f.valid_until IS NULL))
    ORDER BY t.id LIMIT 10000`.execute(db);
  for (const { id } of rows)
    await db.transaction().execute(async (transaction) => {
      const { rows: open } = await sql`
        SELECT FROM registry.transfer WHERE id = ${id} AND closed_at IS NULL FOR UPDATE`.execute(transaction);
      if (open.length > 0) await close(transaction, await findTransfer(transaction, id, now), { state: 'lapsed', now });
    });
  return rows.length;
}

/** An old question that the clock has not closed yet stands in nobody's way. */
async function lapseOf(transaction: Transaction, personId: string, now: Date): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM registry.transfer WHERE person_id = ${personId} AND closed_at IS NULL AND (expires_at <= ${now}
      OR from_id IS DISTINCT FROM ${(await schoolOf(transaction, personId)) ?? null}::uuid) FOR UPDATE`.execute(
    transaction,
  );
  for (const { id } of rows)
    await close(transaction, await findTransfer(transaction, id, now), { state: 'lapsed', now });
}

async function close(
  transaction: Transaction,
  found: TransferRow,
  {
    state,
    now,
    actor,
    answer = null,
  }: {
    readonly state: Exclude<TransferState, 'waiting'>;
    readonly now: Date;
    readonly actor?: PersonActor;
    readonly answer?: string | null;
  },
): Promise<void> {
  await sql`
    UPDATE registry.transfer SET state = ${state}, closed_at = ${now}, answered_by = ${actor?.personId ?? null}, answer = ${answer}
    WHERE id = ${found.id}`.execute(transaction);
  const isAnswer = state === 'accepted' || state === 'declined';
  const acts = (found.askedSide === 'from') === isAnswer ? found.toId : found.fromId;
  await record(transaction, {
    type: 'transfer.closed',
    actor: actor ?? { kind: 'system', name: 'transfers' },
    subject: { kind: 'person', id: found.personId },
    organisationId: acts,
    data: { transferId: found.id, state, from: found.fromId, to: found.toId },
  });
  await tell(transaction, { ...found, answer }, `transfer.${state}`, now);
}

function tell(
  transaction: Transaction,
  { personId, personName, fromName, toName, expiresAt, answer }: TransferRow,
  kind: 'transfer.asked' | `transfer.${Exclude<TransferState, 'waiting'>}`,
  now: Date,
): Promise<void> {
  const [year, month, day] = dateInVietnam(new Date(expiresAt.getTime() - 1)).split('-');
  return tellFamily(transaction, { personId, now }, kind, {
    name: personName,
    from: fromName,
    to: toName,
    until: `${day}/${month}/${year}`,
    ...(answer ? { answer } : {}),
  });
}

/** Where a learner goes to school now. */
async function schoolOf(transaction: Transaction, personId: string): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    SELECT organisation_id AS id FROM registry.affiliation
    WHERE person_id = ${personId} AND role = 'learner' AND valid_until IS NULL ORDER BY valid_from DESC, id DESC LIMIT 1`.execute(
    transaction,
  );
  return rows[0]?.id;
}

async function isSchool(transaction: Transaction, id: string): Promise<boolean> {
  if (!isUuid(id)) return false;
  const { rows } = await sql`
    SELECT FROM registry.organisation WHERE id = ${id} AND kind IN ('school', 'centre')`.execute(transaction);
  return rows.length > 0;
}

async function isClassOf(transaction: Transaction, id: string, organisationId: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM registry.class WHERE id = ${id} AND organisation_id = ${organisationId}`.execute(transaction);
  return rows.length > 0;
}
