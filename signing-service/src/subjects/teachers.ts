import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { findSigners } from '@edutrust/registry/permissions';
import type Type from 'typebox';
import { record } from '../events.ts';
import { type SubjectAssignment, subjectsOf } from '../marks/curriculum.ts';
import { findMarkedClass } from '../marks/marks.ts';
import { nameOf } from '../requests/registry.ts';
import { subjectTeachersOf } from '../requests/subject-teachers.ts';
import { signingOf } from '../tables.ts';
import type { SubjectTeachers } from './schemas.ts';

/** Who teaches which subject of a class; the class teacher all others. */
export async function assignmentsOf(db: Database | Transaction, classId: string): Promise<SubjectAssignment[]> {
  const rows = await signingOf(db)
    .selectFrom('signing.subject_teacher')
    .select(['subject', 'person_id'])
    .where('class_id', '=', classId)
    .orderBy('subject')
    .execute();
  return rows.map(({ subject, person_id }) => ({ subject, personId: person_id }));
}

/** @throws NotFound; Conflict `marks/no-transcript` */
export async function subjectTeachersView(
  context: ServiceContext,
  classId: string,
): Promise<Type.Static<typeof SubjectTeachers>> {
  const { db } = context;
  const marked = await findMarkedClass(db, classId);
  const assigned = await assignmentsOf(db, classId);
  const signers = await findSigners(context, { organisationId: marked.organisationId });
  const names = new Map(signers.map(({ personId, fullName }) => [personId, fullName]));
  const nameFor = async (id: string) => names.get(id) ?? (await nameOf(db, id));
  return {
    class: { id: marked.id, code: marked.code },
    subjects: await Promise.all(
      subjectsOf(marked.grade).map(async ({ id, name }) => {
        const found = assigned.find(({ subject }) => subject === id);
        return { id, name, teacher: found ? { id: found.personId, fullName: await nameFor(found.personId) } : null };
      }),
    ),
    signers: signers.map(({ personId, fullName }) => ({ id: personId, fullName })),
  };
}

/**
 * Says who teaches what in a class from now on. What waits for signatures already keeps those whom it names.
 *
 * @throws what {@link subjectTeachersOf} throws
 */
export async function assignTeachers(
  context: ServiceContext,
  classId: string,
  assignments: readonly SubjectAssignment[],
  actor: PersonActor,
): Promise<void> {
  const { db, clock } = context;
  const marked = await findMarkedClass(db, classId);
  await subjectTeachersOf(context, marked, assignments);
  const others = assignments.filter(({ personId }) => personId !== marked.homeroomTeacherId);
  await db.transaction().execute(async (transaction) => {
    await signingOf(transaction).deleteFrom('signing.subject_teacher').where('class_id', '=', classId).execute();
    if (others.length > 0) {
      await signingOf(transaction)
        .insertInto('signing.subject_teacher')
        .values(
          others.map(({ subject, personId }) => ({
            class_id: classId,
            subject,
            person_id: personId,
            set_by: actor.personId,
            set_at: clock.now(),
          })),
        )
        .onConflict((conflict) => conflict.columns(['class_id', 'subject']).doNothing())
        .execute();
    }
    await record(transaction, {
      type: 'class.subject-teachers',
      actor,
      subject: { kind: 'class', id: classId },
      organisationId: marked.organisationId,
      data: { subjects: others.length },
    });
  });
}
