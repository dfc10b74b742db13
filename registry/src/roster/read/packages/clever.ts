import { packageLacks } from '../refusals.ts';
import type { PackageFormat } from './format.ts';
import type { Entry } from './tables.ts';

const format = 'Clever';
const needed = ['schools', 'students', 'teachers', 'sections', 'enrollments'] as const;
/** `Teacher_id`, `Teacher_2_id` to `Teacher_10_id` of a section. */
const teachersOfSection = ['teacher_id', ...Array.from({ length: 9 }, (_, nth) => `teacher_${nth + 2}_id`)];

/**
 * Files as Clever's SFTP instructions have them (v2): schools, students, teachers, sections and enrollments, all five, and
 * staff where it is given. A set holds everybody who is there now.
 */
export const clever: PackageFormat = {
  recognises: async (archive) =>
    archive.names.has('students') && (await archive.headers('students')).includes('school_id'),
  async read(archive) {
    for (const name of needed) if (!archive.names.has(name)) throw packageLacks(format, `${name}.csv`);
    const orgs = (await archive.lines('schools')).map(
      (one): Entry => ({
        sourcedid: one.school_id ?? '',
        name: one.school_name ?? '',
        type: 'school',
        identifier: one.state_id || one.school_number || '',
      }),
    );
    const students = await archive.lines('students');
    const teachers = await archive.lines('teachers');
    const staff = await archive.lines('staff');
    const sections = await archive.lines('sections');
    const users = [
      ...students.map((one) => userOf(one, 'student', one.student_id, one.student_number, one.state_id)),
      ...unique(teachers, 'teacher_id').map((one) =>
        userOf(one, 'teacher', one.teacher_id, one.teacher_number, one.state_teacher_id),
      ),
      ...unique(staff, 'staff_id').map((one) => userOf(one, 'staff', one.staff_id, one.staff_id, '')),
    ];
    const placeOf = (one: Entry, kind: string, id = ''): Entry => ({
      usersourcedid: `${kind}/${id}`,
      role: kind,
      orgsourcedid: one.school_id ?? '',
    });
    const roles = [
      ...students.map((one) => placeOf(one, 'student', one.student_id)),
      ...teachers.map((one) => placeOf(one, 'teacher', one.teacher_id)),
      ...staff.map((one) => placeOf(one, 'staff', one.staff_id)),
    ];
    const enrollments = [
      ...(await archive.lines('enrollments')).map(
        (one): Entry => ({
          classsourcedid: one.section_id ?? '',
          usersourcedid: `student/${one.student_id ?? ''}`,
          role: 'student',
        }),
      ),
      ...sections.flatMap((section) =>
        teachersOfSection.flatMap((header, nth): Entry[] => {
          const id = section[header] ?? '';
          if (id === '') return [];
          return [
            {
              classsourcedid: section.section_id ?? '',
              usersourcedid: `teacher/${id}`,
              role: 'teacher',
              primary: String(nth === 0),
            },
          ];
        }),
      ),
    ];
    const demographics = students.map(
      (one): Entry => ({
        sourcedid: `student/${one.student_id ?? ''}`,
        birthdate: dayOf(one.dob ?? ''),
        sex: { m: 'male', f: 'female' }[one.gender?.toLowerCase() ?? ''] ?? '',
      }),
    );
    return {
      format,
      isDelta: false,
      tables: { orgs, users, roles, classes: sections.map(classOf), enrollments, demographics },
    };
  },
};

/** Pupils, teachers and staff have numbers of their own kind there, here they are all users. */
const userOf = (one: Entry, kind: string, id = '', number = '', state = ''): Entry => ({
  sourcedid: `${kind}/${id}`,
  identifier: number || id,
  userids: /^[\w.-]+$/.test(state) ? `{MOET:${state}}` : '',
  familyname: one.last_name ?? '',
  middlename: one.middle_name ?? '',
  givenname: one.first_name ?? '',
  grades: one.grade ?? '',
});

const classOf = (section: Entry): Entry => {
  const title = section.name || section.section_number || '';
  const isHomeroom = /home ?room|chủ nhiệm/i.test(`${section.course_name} ${section.period} ${section.subject}`);
  return {
    sourcedid: section.section_id ?? '',
    title,
    classtype: isHomeroom ? 'homeroom' : '',
    grades: section.grade ?? '',
    schoolsourcedid: section.school_id ?? '',
  };
};

/** A teacher of two schools stands in two lines. */
const unique = (lines: readonly Entry[], header: string): readonly Entry[] => [
  ...new Map(lines.map((line) => [line[header] ?? '', line])).values(),
];

/** `MM/DD/YYYY` there, by the format and not by guessing; days of a calendar otherwise. What is neither stays and is refused. */
function dayOf(text: string): string {
  const [, month = '', day = '', year = ''] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text) ?? [];
  return year === '' ? text : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}
