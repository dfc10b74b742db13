import { nullable, PersonRef, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { RequestState } from '../requests/schemas.ts';

export const FormKind = Type.Enum(['study-confirmation', 'graduation-certificate', 'decision', 'diploma']);
const Words = Type.Object({ vi: Type.String(), en: Type.String() });

/** A form to fill in. */
export const FormView = Type.Object({
  kind: FormKind,
  name: Words,
  isAboutLearner: Type.Boolean(),
  /** Of the learner, where the document asks for one. */
  grade: nullable(Type.Integer()),
  fields: Type.Array(
    Type.Object({
      key: Type.String(),
      label: Words,
      type: Type.Enum(['line', 'lines', 'date', 'choice']),
      choices: Type.Array(Type.String()),
      isRequired: Type.Boolean(),
    }),
  ),
});

export const FormBody = Type.Object(
  {
    /** Made by the caller: sent again it is the same document, with the same number. */
    id: Uuid,
    kind: FormKind,
    personId: Type.Optional(Uuid),
    values: Type.Record(Type.String({ maxLength: 40 }), Type.String({ maxLength: 4000 }), { maxProperties: 20 }),
    /** The issued document of the same kind and person that it takes the place of. */
    replacesId: Type.Optional(Uuid),
    dueAt: Type.Optional(Time),
  },
  strict,
);

/** A row of the register (sổ gốc) of one kind. */
export const RegisterRow = Type.Object({
  requestId: Uuid,
  kind: FormKind,
  /** As printed: `12/THPT`. */
  number: Type.String(),
  year: Type.Integer(),
  title: Type.String(),
  code: Type.String(),
  subject: nullable(PersonRef),
  state: RequestState,
  madeAt: Time,
  issuedAt: nullable(Time),
  revocation: nullable(
    Type.Object({
      form: Type.Enum(['revoke', 'cancel']),
      reason: Type.String(),
      decision: Type.String(),
      at: Time,
    }),
  ),
});

export const RevocationBody = Type.Object(
  {
    form: Type.Enum(['revoke', 'cancel']),
    reason: Type.String({ minLength: 3, maxLength: 500 }),
    /** Number and date of the decision that it rests on. */
    decision: Type.String({ minLength: 3, maxLength: 200 }),
  },
  strict,
);

/** What stands on a diploma: all four must fit. */
export const LookUpBody = Type.Object(
  {
    /** As printed, `12/THPT` or `12`. */
    number: Type.String({ minLength: 1, maxLength: 20 }),
    year: Type.Integer({ minimum: 2020, maximum: 2200 }),
    fullName: Type.String({ minLength: 2, maxLength: 150 }),
    birthDate: Type.String({ format: 'date' }),
  },
  strict,
);
