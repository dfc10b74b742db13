import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { findClass, listLearners } from '@edutrust/registry/classes';
import { sql } from 'kysely';
import { listTiles } from '../apps/tiles.ts';
import { record } from '../events.ts';
import { endSessions } from '../sessions/end.ts';

/** The task that rings the bell: it ends what the lesson opened and tells the apps. */
export const bellTask = 'idp.lesson-bell';

/** `lab`: sessions on the school's computers end with the lesson. `exam`: besides, named apps only, and nowhere else. */
export type LessonKind = 'lab' | 'exam';

/** A lesson that is on. */
export interface Lesson {
  readonly id: string;
  readonly classId: string;
  readonly kind: LessonKind;
  /** Of an exam: the clients that open. */
  readonly apps: readonly string[];
  readonly startedAt: Date;
  /** The bell; of an exam its latest end. */
  readonly endsAt: Date;
}

/** What opens a lesson. */
export interface NewLesson {
  readonly classId: string;
  readonly kind: LessonKind;
  /** From now to the bell. */
  readonly minutes: number;
  readonly apps: readonly string[];
}

const columns = sql`id, class_id AS "classId", kind, apps, started_at AS "startedAt", ends_at AS "endsAt"`;

/** The lesson of a class that is on now. */
export async function lessonOfClass(db: Database | Transaction, classId: string): Promise<Lesson | undefined> {
  const { rows } = await sql<Lesson>`
    SELECT ${columns} FROM idp.lesson WHERE class_id = ${classId} AND ended_at IS NULL AND ends_at > now()`.execute(db);
  return rows[0];
}

/** Lessons that are on now in classes of the learner that `personId` names, as SQL. */
export const lessonsOf = (personId: string) => `
   SELECT l.id, l.kind, l.apps FROM registry.enrolment AS e JOIN idp.lesson AS l ON l.class_id = e.class_id
   WHERE e.person_id = ${personId} AND e.valid_until IS NULL AND l.ended_at IS NULL AND l.ends_at > now()`;

const ofLearner = statement<Pick<Lesson, 'id' | 'kind' | 'apps'>, [personId: string]>(
  'idp.lesson-of-learner',
  `${lessonsOf('$1')} ORDER BY l.kind = 'exam' DESC, l.id LIMIT 1`,
);

/** The lesson that a learner sits in now; an exam before anything else. */
export async function lessonOfLearner(db: Database, personId: string) {
  return (await ofLearner(db, personId))[0];
}

/** The lesson that the session belongs to. */
export async function lessonOfSession(db: Database, uid: string): Promise<Lesson | undefined> {
  const { rows } = await sql<Lesson>`
    SELECT ${columns} FROM idp.lesson WHERE id = (SELECT lesson_id FROM idp.session WHERE uid = ${uid})`.execute(db);
  return rows[0];
}

/** How many pupils are in: live sessions of the lesson. */
export async function countPresent(db: Database, lessonId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(DISTINCT person_id)::int AS count FROM idp.session
    WHERE lesson_id = ${lessonId} AND ends_at > now() AND expires_at > now()
      AND last_seen_at > now() - make_interval(secs => idle_seconds)`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Apps that an exam of the class may name: what its pupils have on their launchers, by name. */
export async function appsOfClass(db: Database, classId: string): Promise<{ clientId: string; name: string }[]> {
  const [learner] = await listLearners(db, classId);
  if (!learner) return [];
  const tiles = await listTiles(db, learner.id);
  return tiles.filter(({ isApproved }) => isApproved).map(({ clientId, name }) => ({ clientId, name }));
}

/**
 * Opens a lesson of the class. With an exam every session and token of its pupils ends, wherever it is: what they had open
 * before, on a phone or at home, opens nothing while they sit in it.
 *
 * @throws Conflict `lessons/on`; InvalidInput `lessons/unknown-app`
 */
export async function startLesson(
  { db, jobs }: Pick<ServiceContext, 'db' | 'jobs'>,
  { classId, kind, minutes, apps }: NewLesson,
  actor: Actor,
): Promise<void> {
  const known = new Set((await appsOfClass(db, classId)).map(({ clientId }) => clientId));
  if (kind === 'exam' && (apps.length === 0 || !apps.every((app) => known.has(app)))) throw unknownApp();
  await db.transaction().execute(async (transaction) => {
    if (!(await lessonOfClass(transaction, classId)))
      await endLessonOf(transaction, jobs, classId, { kind: 'system', name: 'idp' }); // whose bell nobody has rung yet
    const { rows } = await sql<{ id: string; ends_at: Date }>`
      INSERT INTO idp.lesson (id, class_id, kind, apps, started_at, ends_at)
      VALUES (${uuidv7()}, ${classId}, ${kind}, ${kind === 'exam' ? [...new Set(apps)] : []}::text[], now(),
        now() + make_interval(mins => ${minutes}))
      ON CONFLICT (class_id) WHERE ended_at IS NULL DO NOTHING RETURNING id, ends_at`.execute(transaction);
    const [lesson] = rows;
    if (!lesson) throw alreadyOn();
    const learnerIds = (await listLearners(transaction, classId)).map(({ id }) => id);
    // Who held a badge up before the teacher began is in it too: a badge opens nothing outside the school.
    await sql`
      UPDATE idp.session SET lesson_id = ${lesson.id}, ends_at = ${lesson.ends_at}
      WHERE payload->>'acr' = 'badge' AND person_id = ANY(${learnerIds}::uuid[])`.execute(transaction);
    if (kind === 'exam') {
      for (const personId of learnerIds) await endSessions(transaction, jobs, { personId }, { actor, reason: 'exam' });
    }
    await jobs.enqueue(transaction, bellTask, { lessonId: lesson.id }, { runAt: lesson.ends_at, key: lesson.id });
    await record(transaction, {
      type: 'lesson.started',
      actor,
      subject: { kind: 'class', id: classId },
      organisationId: (await findClass(transaction, classId)).organisationId,
      data: { kind, minutes, apps: [...apps] },
    });
  });
}

/** Ends the lesson of the class, before the bell or after it. Without one nothing happens. */
export async function endLesson(
  { db, jobs }: Pick<ServiceContext, 'db' | 'jobs'>,
  classId: string,
  actor: Actor,
): Promise<void> {
  await db.transaction().execute((transaction) => endLessonOf(transaction, jobs, classId, actor));
}

/** The bell of one lesson: of one that the teacher has ended already there is nothing to do. */
export async function ringBell({ db, jobs }: Pick<ServiceContext, 'db' | 'jobs'>, lessonId: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ class_id: string }>`
      SELECT class_id FROM idp.lesson WHERE id = ${lessonId} AND ended_at IS NULL AND ends_at <= now()`.execute(
      transaction,
    );
    if (rows[0]) await endLessonOf(transaction, jobs, rows[0].class_id, { kind: 'system', name: 'idp' });
  });
}

async function endLessonOf(
  transaction: Transaction,
  jobs: ServiceContext['jobs'],
  classId: string,
  actor: Actor,
): Promise<void> {
  // First: a sign-in that is being stored holds the lesson's row, so its session is seen below or never begins (S9).
  const { rows } = await sql<{ id: string }>`
    UPDATE idp.lesson SET ended_at = now() WHERE class_id = ${classId} AND ended_at IS NULL RETURNING id`.execute(
    transaction,
  );
  const [lesson] = rows;
  if (!lesson) return;
  const { rows: sessions } = await sql<{ uid: string }>`
    SELECT uid FROM idp.session WHERE lesson_id = ${lesson.id} ORDER BY uid`.execute(transaction);
  for (const { uid } of sessions) await endSessions(transaction, jobs, { uid }, { actor, reason: 'lesson-over' });
  await record(transaction, {
    type: 'lesson.ended',
    actor,
    subject: { kind: 'class', id: classId },
    organisationId: (await findClass(transaction, classId)).organisationId,
    data: { sessions: sessions.length },
  });
}

function alreadyOn(): Conflict {
  return new Conflict(
    'lessons/on',
    { vi: 'Lớp đang trong một giờ ở phòng máy.', en: 'The class is in a lesson already.' },
    { remedy: { vi: 'Kết thúc giờ đó trước.', en: 'End that one first.' } },
  );
}

function unknownApp(): InvalidInput {
  const detail = {
    vi: 'Chọn ít nhất một ứng dụng mà học sinh của lớp đang dùng được.',
    en: 'Choose at least one app that the pupils of the class can use.',
  };
  return new InvalidInput('lessons/unknown-app', detail, { fields: [{ pointer: '/apps', detail }] });
}
