import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import type { Selectable } from 'kysely';
import { signatoryFor } from '../delegations/delegations.ts';
import { record } from '../events.ts';
import type { SubjectAssignment } from '../marks/curriculum.ts';
import { findMarkedClass, type MarkedClass } from '../marks/marks.ts';
import { assignmentsOf } from '../subjects/teachers.ts';
import { type RunOutcome, type SigningTables, signingOf } from '../tables.ts';
import type { ClassTemplate } from '../templates/template.ts';
import { classTeacherOf, listClassLearners, principalOf } from './registry.ts';
import { subjectTeachersOf } from './subject-teachers.ts';
import { makeTranscriptOf } from './transcripts.ts';

/** The job that makes the transcripts of a class; idempotent by the run's id. */
export const makeTranscriptsTask = 'signing.make-transcripts';

export interface TranscriptsInput {
  readonly classId: string;
  /** A transcript when absent. */
  readonly template?: ClassTemplate;
  /** Of a school report: who answers for which subject, the class teacher for all others; as the class has them when absent. */
  readonly subjectTeachers?: readonly SubjectAssignment[];
  readonly personIds?: readonly string[];
  /** The head when absent. */
  readonly signerId?: string;
  readonly dueAt?: Date;
}

type Run = Selectable<SigningTables['signing.transcript_run']>;

/**
 * Asks for the transcripts of a class, or of some of its learners: kept with the job that makes them. What can be said at
 * once is said at once.
 *
 * @throws NotFound; InvalidInput `signing/not-in-class`; Conflict `marks/no-transcript`, `signing/no-class-teacher`,
 *   `signing/class-teacher-not-signer`, `signing/no-signer`; and what {@link subjectTeachersOf} throws.
 */
export async function startTranscripts(
  context: ServiceContext,
  input: TranscriptsInput,
  actor: Actor,
): Promise<string> {
  const { db, clock, jobs } = context;
  const marked = await findMarkedClass(db, input.classId);
  await classTeacherOf(context, marked);
  const { personId: signerId } = await principalOf(context, marked.organisationId, input.signerId);
  const isReport = input.template === 'school-report';
  const subjectTeachers = input.subjectTeachers ?? (isReport ? await assignmentsOf(db, marked.id) : []);
  await subjectTeachersOf(context, marked, subjectTeachers);
  const learners = new Set((await listClassLearners(db, marked.id)).map(({ personId }) => personId));
  if (input.personIds?.some((id) => !learners.has(id))) {
    throw new InvalidInput('signing/not-in-class', {
      vi: 'Có người không học lớp này.',
      en: 'Somebody does not belong to this class.',
    });
  }
  const id = uuidv7();
  const personIds = input.personIds ?? [...learners];
  await db.transaction().execute(async (transaction) => {
    await signingOf(transaction)
      .insertInto('signing.transcript_run')
      .values({
        id,
        class_id: marked.id,
        organisation_id: marked.organisationId,
        input: JSON.stringify({
          personIds,
          signerId,
          ...(input.template ? { template: input.template } : {}),
          ...(subjectTeachers.length > 0 ? { subjectTeachers } : {}),
          ...(input.dueAt ? { dueAt: input.dueAt.toISOString() } : {}),
        }),
        requested_by: actor.kind === 'person' ? actor.personId : null,
        total: personIds.length,
        state: 'running',
        created_at: clock.now(),
        finished_at: null,
      })
      .execute();
    await record(transaction, {
      type: 'transcripts.requested',
      actor,
      subject: { kind: 'class', id: marked.id },
      organisationId: marked.organisationId,
      data: { runId: id, learners: personIds.length },
    });
    await jobs.enqueue(transaction, makeTranscriptsTask, { runId: id }, { key: `${makeTranscriptsTask}:${id}` });
  });
  return id;
}

/**
 * Makes what a run asks for, each transcript in a transaction of its own with what came of it: a process that dies goes on
 * where it stopped, and no learner is counted twice.
 */
export async function makeTranscripts(context: ServiceContext, runId: string): Promise<void> {
  const { db, clock } = context;
  const run = await findRun(db, runId);
  if (run.state === 'done') return;
  const { personIds = [], signerId, subjectTeachers = [], dueAt, template = 'transcript' } = run.input;
  const marked = await findMarkedClass(db, run.class_id);
  const signers = await signersOf(context, marked, { signerId, subjectTeachers });
  const learners = new Map((await listClassLearners(db, marked.id)).map((learner) => [learner.personId, learner]));
  const made = await signingOf(db)
    .selectFrom('signing.transcript_run_item')
    .select('person_id')
    .where('run_id', '=', runId)
    .execute();
  const known = new Set(made.map(({ person_id }) => person_id));
  const actor: Actor = run.requested_by ? requester(run, run.requested_by) : { kind: 'system', name: 'setup' };
  for (const personId of personIds) {
    if (known.has(personId)) continue;
    const learner = learners.get(personId);
    if (!learner) await keepOutcome(context, { runId, personId, outcome: 'left-class' });
    else if (!signers) await keepOutcome(context, { runId, personId, outcome: 'failed' });
    else {
      await makeTranscriptOf(context, {
        runId,
        template,
        marked,
        ...signers,
        learner,
        dueAt: dueAt ? new Date(dueAt) : undefined,
        actor,
      });
    }
  }
  await signingOf(db)
    .updateTable('signing.transcript_run')
    .set({ state: 'done', finished_at: clock.now() })
    .where('id', '=', runId)
    .where('state', '=', 'running')
    .execute();
}

/** Who signs; undefined when that has changed since the run was asked for: it ends then, and asking again says why. */
async function signersOf(
  context: ServiceContext,
  marked: MarkedClass,
  { signerId, subjectTeachers, template }: Run['input'],
) {
  try {
    return {
      classTeacher: await classTeacherOf(context, marked),
      principal: await signatoryFor(context, await principalOf(context, marked.organisationId, signerId), {
        organisationId: marked.organisationId,
        kind: template ?? 'transcript',
        now: context.clock.now(),
      }),
      subjectTeachers: await subjectTeachersOf(context, marked, subjectTeachers ?? []),
    };
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    context.log.warn({ err: error, class: marked.id }, 'transcripts without signers');
    return undefined;
  }
}

/** Whoever's process makes it, it is the requester who asked. */
function requester(run: Run, personId: string): Actor {
  return { kind: 'person', personId, sessionId: '', roles: [], acr: '', authenticatedAt: run.created_at };
}

async function keepOutcome(
  { db }: ServiceContext,
  { runId, personId, outcome }: { readonly runId: string; readonly personId: string; readonly outcome: RunOutcome },
): Promise<void> {
  await signingOf(db)
    .insertInto('signing.transcript_run_item')
    .values({ run_id: runId, person_id: personId, outcome, request_id: null, missing: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** @throws NotFound `signing/no-run` */
export async function findRun(db: ServiceContext['db'], id: string): Promise<Run> {
  const found = await signingOf(db)
    .selectFrom('signing.transcript_run')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (found) return found;
  throw new NotFound('signing/no-run', { vi: 'Không có lượt trình ký này.', en: 'There is no such run.' });
}
