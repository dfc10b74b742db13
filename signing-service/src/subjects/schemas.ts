import { nullable, OfficialRef, PersonRef, strict, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { ClassMarks } from '../marks/schemas.ts';

/** Who teaches what in a class. */
export const SubjectTeachers = Type.Object({
  class: Type.Object({ id: Uuid, code: Type.String() }),
  /** In the order of the report; `teacher` is null where the class teacher answers for it. */
  subjects: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), teacher: nullable(OfficialRef) })),
  /** Who can be chosen: signers of the school. */
  signers: Type.Array(OfficialRef),
});

/** All of them from now on; a subject that is not there is the class teacher's. */
export const SubjectTeachersBody = Type.Object(
  {
    teachers: Type.Array(Type.Object({ subject: Type.String({ maxLength: 60 }), personId: Uuid }, strict), {
      maxItems: 40,
    }),
  },
  strict,
);

/** Subjects of a class that the caller teaches, and how far their marks are. */
export const OwnSubject = Type.Object({
  class: Type.Object({ id: Uuid, code: Type.String(), schoolYear: Type.Integer() }),
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  subjects: Type.Array(Type.String()),
  learners: Type.Integer(),
  /** How many learners have every mark of these subjects. */
  complete: Type.Integer(),
});

const { rows } = ClassMarks.properties;

/** The caller's own rows of the marks of a class: columns of the subjects that they teach, and no others. */
export const OwnMarks = Type.Object({
  class: ClassMarks.properties.class,
  organisation: ClassMarks.properties.organisation,
  columns: ClassMarks.properties.columns,
  rows: Type.Array(
    Type.Object({
      person: Type.Object({ ...PersonRef.properties, birthDate: rows.items.properties.person.properties.birthDate }),
      version: rows.items.properties.version,
      values: rows.items.properties.values,
      missing: rows.items.properties.missing,
      isLocked: Type.Boolean(),
    }),
  ),
});
