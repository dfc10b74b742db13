import type { ServiceContext } from '@edutrust/platform/context';
import type { DemoCity, DemoSchool } from '@edutrust/registry/demo';
import { findSigners } from '@edutrust/registry/permissions';
import { currentMarks, findMarkedClass, writeMarks } from '../marks/marks.ts';
import { listClassLearners } from '../requests/registry.ts';
import { makeTranscripts, startTranscripts } from '../requests/runs.ts';
import { signingOf } from '../tables.ts';
import { makeGrades } from './grades.ts';

const actor = { kind: 'system', name: 'setup' } as const;

/** How many transcripts wait in each school. */
const waitingPerSchool = 5;

/**
 * Marks for one class of each school, and transcripts that wait for its class teacher, so that there is something to sign.
 * The same writers as everybody's. Idempotent: a killed start goes on where it stopped.
 */
export async function seedDemo(context: ServiceContext, city: DemoCity): Promise<void> {
  for (const school of city.schools) await seedSchool(context, school, city.people.pupil);
}

/** One learner whose mark leaps, so that a signer meets what stands out. */
const leap = { 'mathematics.term1.test': 5, 'mathematics.year.test': 10 } as const;

async function seedSchool(context: ServiceContext, school: DemoSchool, firstPupil: string): Promise<void> {
  const { db, clock } = context;
  const classId = school.classIds.at(-1); // the oldest: theirs are the transcripts that others ask for
  if (!classId) return;
  const learners = await listClassLearners(db, classId);
  const marked = await findMarkedClass(db, classId);
  await db.transaction().execute(async (transaction) => {
    const known = await currentMarks(transaction, classId);
    const changes = learners
      .filter(({ personId }) => !known.has(personId))
      .map(({ personId, educationId }) => ({
        personId,
        baseVersion: 0,
        values: {
          ...makeGrades(educationId, marked.columns, marked.grade),
          ...(personId === learners[1]?.personId && marked.grade <= 5 ? leap : {}),
        },
      }));
    if (changes.length > 0) {
      await writeMarks(transaction, marked, changes, { actor, source: 'demo', now: clock.now() });
    }
  });
  const run = await signingOf(db)
    .selectFrom('signing.transcript_run')
    .select('id')
    .where('class_id', '=', classId)
    .orderBy('id')
    .executeTakeFirst();
  if (run) return makeTranscripts(context, run.id);
  const teacherId = marked.homeroomTeacherId;
  // A demo city of before the order of signatures: its teachers do not sign, so nothing is asked of them.
  if (!teacherId || (await findSigners(context, { personId: teacherId, organisationId: school.id })).length === 0)
    return;
  const personIds = learners
    .map(({ personId }) => personId)
    .sort((one, other) => Number(other === firstPupil) - Number(one === firstPupil))
    .slice(0, waitingPerSchool);
  await makeTranscripts(
    context,
    await startTranscripts(context, { classId, personIds, signerId: school.principalId }, actor),
  );
}
