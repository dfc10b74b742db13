import { nullable, PersonRef, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { RequestState } from '../requests/schemas.ts';

/** `print`: the whole document to be put on paper; `extract`: some of its rows, sealed as a document of its own. */
export const CopyForm = Type.Enum(['extract', 'print']);

const Told = Type.String({ minLength: 2, maxLength: 200 });

export const CopyBody = Type.Object(
  {
    /** Made by the caller: sent again it is the same copy, with the same number. */
    id: Uuid,
    form: CopyForm,
    /** Who asked for it, and what for: stand in the register, and on an extract. */
    requester: Told,
    purpose: Told,
    /** Of an extract: subjects as the report names them; all when absent. */
    subjects: Type.Optional(
      Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 40, uniqueItems: true }),
    ),
    withResults: Type.Optional(Type.Boolean()),
  },
  strict,
);

/** A row of the register of copies. */
export const Copy = Type.Object({
  id: Uuid,
  form: CopyForm,
  /** As printed: `12/SY`, `13/TrS`. */
  number: Type.String(),
  year: Type.Integer(),
  /** Of the copy itself, as printed. */
  code: Type.String(),
  /** What it is a copy of. */
  requestId: Uuid,
  title: Type.String(),
  sourceCode: Type.String(),
  subject: nullable(PersonRef),
  requester: Type.String(),
  purpose: Type.String(),
  madeBy: PersonRef,
  madeAt: Time,
  /** The extract as a document on its way to the seal; null of a print. */
  extractId: nullable(Uuid),
  /** `issued`: a print always, an extract once it is sealed. */
  state: RequestState,
});

/** What an extract of an issued document can hold. */
export const CopyChoices = Type.Object({
  /** Names of the subjects, in their order; empty for a document without data, which can only be printed. */
  subjects: Type.Array(Type.String()),
  items: Type.Array(Copy),
});
