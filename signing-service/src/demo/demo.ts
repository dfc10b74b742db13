import type { ServiceContext } from '@edutrust/platform/context';
import type { DemoCity, DemoSchool } from '@edutrust/registry/demo';
import { listClassLearners } from '../requests/registry.ts';
import { requestTranscripts } from '../requests/transcripts.ts';
import { signingOf } from '../tables.ts';
import { makeGrades } from './grades.ts';

const actor = { kind: 'system', name: 'setup' } as const;

/** How many transcripts wait for each principal. */
const waitingPerSchool = 5;

/**
 * Marks for one class of each school, and transcripts that wait for its principal, so that no inbox is empty. Idempotent:
 * a killed start goes on where it stopped.
 */
export async function seedDemo(context: ServiceContext, city: DemoCity): Promise<void> {
  for (const school of city.schools) await seedSchool(context, school, city.people.pupil);
}

async function seedSchool(context: ServiceContext, school: DemoSchool, firstPupil: string): Promise<void> {
  const classId = school.classIds.at(-1); // the oldest: theirs are the transcripts that others ask for
  if (!classId) return;
  const learners = await listClassLearners(context.db, classId);
  if (learners.length === 0) return;
  const level = school.code.startsWith('TH0') ? 'primary' : 'secondary';
  await signingOf(context.db)
    .insertInto('signing.grade')
    .values(
      learners.map(({ personId, educationId }) => ({
        person_id: personId,
        class_id: classId,
        ...makeGrades(educationId, level),
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const known = [...learners].sort(
    (one, other) => Number(other.personId === firstPupil) - Number(one.personId === firstPupil),
  );
  const personIds = known.slice(0, waitingPerSchool).map(({ personId }) => personId);
  await requestTranscripts(context, { classId, personIds, signerId: school.principalId }, actor);
}
