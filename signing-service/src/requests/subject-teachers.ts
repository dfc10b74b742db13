import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { findSigners, type SignerTools } from '@edutrust/registry/permissions';
import { type SubjectAssignment, subjectsOf } from '../marks/curriculum.ts';
import type { MarkedClass } from '../marks/marks.ts';
import type { SubjectRow } from '../templates/school-report/data.ts';
import type { NewStep } from './steps.ts';

/** A teacher who signs for the rows of these subjects, and for no others. */
export interface SubjectTeacher {
  readonly personId: string;
  readonly fullName: string;
  /** As they are printed, in their order. */
  readonly subjects: readonly string[];
}

/**
 * The teachers of a class's subjects, each once, as signers of the school. What the class teacher teaches needs no step of its own.
 *
 * @throws InvalidInput `signing/no-such-subject`; Conflict `signing/subject-teacher-not-signer`
 */
export async function subjectTeachersOf(
  tools: SignerTools,
  { organisationId, grade, homeroomTeacherId }: MarkedClass,
  assignments: readonly SubjectAssignment[],
): Promise<SubjectTeacher[]> {
  const subjects = subjectsOf(grade);
  const wrong = assignments.filter(
    ({ subject }, index) =>
      !subjects.some(({ id }) => id === subject) ||
      assignments.findIndex((other) => other.subject === subject) !== index,
  );
  if (wrong.length > 0) throw noSuchSubject(wrong.map((one) => assignments.indexOf(one)));
  const people = [...new Set(assignments.map(({ personId }) => personId))].filter((id) => id !== homeroomTeacherId);
  const teachers: SubjectTeacher[] = [];
  for (const personId of people) {
    const [signer] = await findSigners(tools, { organisationId, personId });
    if (!signer) throw notASigner(assignments.findIndex((one) => one.personId === personId));
    const own = new Set(assignments.flatMap((one) => (one.personId === personId ? [one.subject] : [])));
    const names = subjects.flatMap(({ id, name }) => (own.has(id) ? [name] : []));
    teachers.push({ personId, fullName: signer.fullName, subjects: names });
  }
  return teachers;
}

/** The rows with the names of who answers for them. */
export function rowsWithTeachers(
  rows: readonly SubjectRow[],
  teachers: readonly SubjectTeacher[],
): readonly SubjectRow[] {
  return rows.map((row) => {
    const found = teachers.find(({ subjects }) => subjects.includes(row.name));
    return found ? { ...row, teacher: found.fullName } : row;
  });
}

/** A step for each teacher of a subject that stands in the report, all due together: a learner without physics needs no physics teacher. */
export function teacherSteps(
  rows: readonly SubjectRow[],
  teachers: readonly SubjectTeacher[],
): Pick<NewStep, 'signerId' | 'signerTitle' | 'turn'>[] {
  return teachers.flatMap(({ personId, subjects }) => {
    const taught = subjects.filter((name) => rows.some((row) => row.name === name));
    return taught.length > 0 ? [{ signerId: personId, signerTitle: `Giáo viên ${taught.join(', ')}`, turn: 0 }] : [];
  });
}

function noSuchSubject(indexes: readonly number[]): InvalidInput {
  return new InvalidInput(
    'signing/no-such-subject',
    {
      vi: 'Có môn không thuộc chương trình của khối này, hoặc được ghi hai lần.',
      en: 'A subject is not taught in this grade, or is there twice.',
    },
    {
      fields: indexes.map((index) => ({
        pointer: `/subjectTeachers/${index}/subject`,
        detail: { vi: 'Không có môn này, hoặc đã ghi ở trên.', en: 'No such subject, or named above already.' },
      })),
    },
  );
}

function notASigner(index: number): Conflict {
  return new Conflict(
    'signing/subject-teacher-not-signer',
    {
      vi: 'Có giáo viên môn học chưa được giao vai trò «người ký» ở trường này.',
      en: 'A teacher of a subject does not hold the role "signer" at this school.',
    },
    {
      remedy: {
        vi: 'Nhờ quản trị của Sở giao vai trò «người ký», rồi giáo viên đăng ký điện thoại ở mục «Ký số».',
        en: 'Ask the department to grant the role, then the teacher enrols a phone under "Signing".',
      },
      fields: [
        {
          pointer: `/subjectTeachers/${index}/personId`,
          detail: { vi: 'Chưa là người ký.', en: 'Not a signer yet.' },
        },
      ],
    },
  );
}
