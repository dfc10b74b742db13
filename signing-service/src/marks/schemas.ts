import { BirthDate, nullable, OfficialRef, PersonRef, personal, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';

const Value = Type.Union([Type.Number(), Type.String({ maxLength: 1000 })]);

/** One column of the class's marks: the form shows it, the file has it as a header. */
const Column = Type.Object({
  key: Type.String(),
  label: Type.String(),
  /** `mark`: 0–10 with one decimal; `test`: 1–10; `choice`: one of `choices`; `count`: from 0; `text`. */
  kind: Type.Enum(['mark', 'test', 'choice', 'count', 'text']),
  choices: Type.Array(Type.String()),
  isRequired: Type.Boolean(),
  /** The subject that it belongs to, for grouping. */
  subject: nullable(Type.String()),
});

const Person = Type.Object({ ...PersonRef.properties, birthDate: nullable(BirthDate) });

const Row = Type.Object({
  person: Person,
  /** Grows with each change; 0 before the first. Sent back with what is changed. */
  version: Type.Integer(),
  values: Type.Record(Type.String(), Value, personal),
  /** Keys of columns that a transcript still needs. */
  missing: Type.Array(Type.String()),
  electivesShort: Type.Integer({ description: 'Elective subjects that are still to be chosen and marked' }),
  isHeldBack: Type.Boolean({ description: 'The result is open until summer work has been judged' }),
  /** Nothing of these three is left. */
  isComplete: Type.Boolean(),
  enteredBy: nullable(OfficialRef),
  enteredAt: nullable(Time),
  /** The learner's transcript, when one was asked for; while it is being signed or is issued the marks stay. */
  transcript: nullable(
    Type.Object({
      id: Uuid,
      state: Type.Enum(['waiting', 'signed', 'issued', 'replaced', 'revoked', 'rejected', 'withdrawn']),
      reason: nullable(Type.String()),
    }),
  ),
  isLocked: Type.Boolean(),
});

/** The marks of a class as they are, by given name. */
export const ClassMarks = Type.Object({
  class: Type.Object({ id: Uuid, code: Type.String(), grade: Type.Integer(), schoolYear: Type.Integer() }),
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  classTeacher: nullable(Type.String()),
  columns: Type.Array(Column),
  rows: Type.Array(Row),
  may: Type.Array(Type.Enum(['write', 'request'])),
});

/** Changed rows: all values of the learner from now on; an empty or absent one is taken away. */
export const MarksBody = Type.Object(
  {
    rows: Type.Array(
      Type.Object(
        {
          personId: Uuid,
          version: Type.Integer({ minimum: 0 }),
          values: Type.Record(Type.String({ maxLength: 60 }), nullable(Value), { maxProperties: 200 }),
        },
        strict,
      ),
      { minItems: 1, maxItems: 100 },
    ),
  },
  strict,
);

/** What applying a file would do, row by row; nothing is written before it is applied. */
export const MarksPlan = Type.Object({
  id: Uuid,
  classId: Uuid,
  fileName: Type.String(),
  state: Type.Enum(['planned', 'applied', 'expired']),
  madeAt: Time,
  appliedAt: nullable(Time),
  changed: Type.Array(
    Type.Object({
      row: Type.Integer(),
      person: Person,
      changes: Type.Array(
        Type.Object({ column: Type.String(), before: nullable(Type.String()), after: nullable(Type.String()) }),
      ),
      /** Labels of columns that a transcript still needs after this. */
      missing: Type.Array(Type.String()),
    }),
  ),
  unchanged: Type.Integer(),
  refused: Type.Array(
    Type.Object({
      row: Type.Integer(),
      /** As the file names them. */
      name: Type.String(),
      reasons: Type.Array(Type.Object({ column: Type.String(), value: Type.String(), reason: Type.String() })),
    }),
  ),
  /** Headers that no column of the class has: not read. */
  ignoredColumns: Type.Array(Type.String()),
  /** Learners of the class who are not in the file: they stay as they are. */
  absent: Type.Array(Person),
});
