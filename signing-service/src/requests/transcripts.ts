import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Actor } from '@edutrust/platform/http';
import type { Signer } from '@edutrust/registry/permissions';
import type { Selectable } from 'kysely';
import { type SigningTables, signingOf } from '../tables.ts';
import { makeTranscript } from '../transcript/transcript.ts';
import { formatVerificationCode, newVerificationCode } from './code.ts';
import {
  type ClassForTranscripts,
  findClassForTranscripts,
  type Learner,
  listClassLearners,
  signerOf,
} from './registry.ts';
import { createRequest } from './requests.ts';

type Grades = Selectable<SigningTables['signing.grade']>;

export interface TranscriptsInput {
  readonly classId: string;
  readonly personIds?: readonly string[];
  readonly signerId?: string;
  readonly dueAt?: Date;
}

export interface TranscriptsResult {
  readonly createdIds: readonly string[];
  readonly skipped: readonly { readonly personId: string; readonly reason: 'exists' | 'no-marks' }[];
}

/** Where transcripts are issued, as it stands before the date (Decree 30/2020/NĐ-CP, annex I). */
const place = 'Thành phố Hồ Chí Minh';

/**
 * Makes the transcripts of a class, or of some of its learners, and asks the signer to sign each. Every transcript is
 * its own transaction, so asking again after a failure goes on where it stopped.
 *
 * @throws NotFound for a class that does not exist, InvalidInput for people who are not in it, Conflict without a signer.
 */
export async function requestTranscripts(
  context: ServiceContext,
  input: TranscriptsInput,
  actor: Actor,
): Promise<TranscriptsResult> {
  const { db } = context;
  const schoolClass = await findClassForTranscripts(db, input.classId);
  const signer = await signerOf(db, schoolClass.organisationId, input.signerId);
  const learners = await chosenLearners(context, input);
  const marks = await signingOf(db)
    .selectFrom('signing.grade')
    .selectAll()
    .where('class_id', '=', schoolClass.id)
    .execute();
  const marksOf = new Map(marks.map((row) => [row.person_id, row]));
  const createdIds: string[] = [];
  const skipped: { personId: string; reason: 'exists' | 'no-marks' }[] = [];
  for (const learner of learners) {
    const { personId } = learner;
    const grades = marksOf.get(personId);
    if (!grades) {
      skipped.push({ personId, reason: 'no-marks' });
      continue;
    }
    const id = await requestTranscript(context, { schoolClass, signer, learner, grades, dueAt: input.dueAt, actor });
    if (id) createdIds.push(id);
    else skipped.push({ personId, reason: 'exists' });
  }
  return { createdIds, skipped };
}

async function chosenLearners({ db }: ServiceContext, { classId, personIds }: TranscriptsInput): Promise<Learner[]> {
  const learners = await listClassLearners(db, classId);
  if (!personIds) return learners;
  const strangers = personIds.filter((id) => !learners.some(({ personId }) => personId === id));
  if (strangers.length > 0) {
    throw new InvalidInput('signing/not-in-class', {
      vi: 'Có người không học lớp này.',
      en: 'Somebody does not belong to this class.',
    });
  }
  return learners.filter(({ personId }) => personIds.includes(personId));
}

async function requestTranscript(
  { db, clock, config }: ServiceContext,
  given: {
    readonly schoolClass: ClassForTranscripts;
    readonly signer: Signer;
    readonly learner: Learner;
    readonly grades: Grades;
    readonly dueAt: Date | undefined;
    readonly actor: Actor;
  },
): Promise<string | undefined> {
  const { schoolClass, signer, learner, grades, dueAt, actor } = given;
  const now = clock.now();
  const code = newVerificationCode();
  const schoolYear = `${schoolClass.schoolYear}–${schoolClass.schoolYear + 1}`;
  const exists = await signingOf(db)
    .selectFrom('signing.request')
    .select('id')
    .where('class_id', '=', schoolClass.id)
    .where('subject_id', '=', learner.personId)
    .where('state', 'in', ['waiting', 'signed'])
    .executeTakeFirst();
  if (exists) return undefined; // before the drawing, which is dear; createRequest decides
  const document = await makeTranscript({
    department: schoolClass.departmentName,
    school: { name: schoolClass.organisationName },
    pupil: {
      fullName: learner.fullName,
      birthDate: learner.birthDate ?? '',
      ...(learner.gender ? { gender: learner.gender } : {}),
      educationId: learner.educationId,
    },
    className: schoolClass.code,
    schoolYear,
    subjects: grades.subjects,
    learning: grades.learning,
    conduct: grades.conduct,
    absentDays: grades.absent_days,
    ...(grades.award ? { award: grades.award } : {}),
    ...(grades.outcome ? { outcome: grades.outcome } : {}),
    ...(grades.remarks ? { remarks: grades.remarks } : {}),
    ...(schoolClass.homeroomTeacher ? { homeroomTeacher: schoolClass.homeroomTeacher } : {}),
    signer: { fullName: signer.fullName, title: signer.title },
    place,
    issuedAt: now,
    url: config.url.origin,
    code: formatVerificationCode(code),
  });
  return db.transaction().execute((transaction) =>
    createRequest(
      transaction,
      {
        kind: 'transcript',
        title: `Học bạ ${learner.fullName}, lớp ${schoolClass.code}, năm học ${schoolYear}`,
        organisationId: schoolClass.organisationId,
        classId: schoolClass.id,
        subjectId: learner.personId,
        signerId: signer.personId,
        signerTitle: signer.title,
        code,
        document,
        pages: countPages(document),
        ...(dueAt ? { dueAt } : {}),
      },
      { actor, now },
    ),
  );
}

/** Our own writer leaves page objects in the clear, one line each. */
function countPages(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type \/Page\b(?!s)/g)?.length ?? 1;
}
