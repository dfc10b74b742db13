import { refersTo } from '@edutrust/platform/http';
import { BirthDate, nullable, PersonRef, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { FormatName } from '../formats/schemas.ts';

/** `signed`: by every person of its order, the seal is due; `issued`: with every signature; `replaced`: a corrected one has taken its place. */
export const RequestState = Type.Enum(['waiting', 'signed', 'issued', 'replaced', 'revoked', 'rejected', 'withdrawn']);

/** Of which template a document is; `upload`: a file that somebody sent. */
export const DocumentKind = Type.Enum([
  'transcript',
  'school-report',
  'upload',
  'extract',
  'parcel',
  'study-confirmation',
  'graduation-certificate',
  'decision',
  'diploma',
]);

/** Of a request that has both: the document that people read, or the same data as XML. One act signs the two. */
export const Artefact = Type.Enum(['document', 'data']);

/** What a caller may do with a request now; screens offer nothing else. */
export const RequestAct = Type.Enum(['sign', 'seal', 'reject', 'withdraw', 'correct', 'copy', 'revoke']);

/** One signature of a document's order. */
const Step = Type.Object({
  role: Type.Enum(['subject-teacher', 'class-teacher', 'principal', 'school-seal', 'signer']),
  /** Who signs; of the seal the clerk who put it on, null before. */
  person: nullable(PersonRef),
  title: Type.String(),
  state: Type.Enum(['pending', 'due', 'done', 'rejected', 'cancelled']),
  closedAt: nullable(Time),
});

/** A document on its way through the signatures of its order. */
export const SigningRequest = Type.Object({
  id: Uuid,
  kind: DocumentKind,
  format: FormatName,
  title: Type.String(),
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  classId: nullable(Uuid),
  className: nullable(Type.String()),
  /** Whom the document is about; the birth date tells two of one name apart. */
  subject: nullable(Type.Object({ ...PersonRef.properties, birthDate: nullable(BirthDate) })),
  /** Every signature, in order; of a transcript class teacher, principal, the school's seal. */
  steps: Type.Array(Step),
  /** The official whose signature the document is known by. */
  signer: PersonRef,
  /** Null when the program asked (the demo). */
  requestedBy: nullable(PersonRef),
  state: RequestState,
  /** Why it was rejected. */
  reason: nullable(Type.String()),
  createdAt: Time,
  dueAt: nullable(Time),
  issuedAt: nullable(Time),
  /** Verification code, as printed. */
  code: Type.String(),
  sizeBytes: Type.Integer(),
  pages: Type.Integer(),
  /** Whether the same data is there as XML, signed by the same people. */
  hasData: Type.Boolean(),
  /** What the signer's phone shows while it confirms; both screens show the same (sole control). */
  code4: nullable(Type.String({ pattern: '^[0-9]{4}$' })),
});

/** What an auditor looks for, beside state and place. */
export const Sought = Type.Object({
  kind: Type.Optional(DocumentKind),
  /** Who signed it or sealed it. */
  signer: Type.Optional(Uuid),
  /** When it was issued or closed; of what is open, when it was made. */
  from: Type.Optional(Time),
  until: Type.Optional(Time),
});

export const TranscriptsBody = Type.Object(
  {
    /** Everybody of the class who has marks, or only `personIds`. */
    classId: refersTo('class'),
    /** `school-report`: PDF and XML of the same data, signed together. */
    template: Type.Enum(['transcript', 'school-report'], { default: 'transcript' }),
    /** Of a school report: who answers for the marks of which subject, the class teacher for all others; as the class has them when absent. */
    subjectTeachers: Type.Optional(
      Type.Array(Type.Object({ subject: Type.String({ maxLength: 60 }), personId: Uuid }, strict), { maxItems: 40 }),
    ),
    personIds: Type.Optional(Type.Array(Uuid, { minItems: 1, maxItems: 60, uniqueItems: true })),
    /** The school's signer when absent. */
    signerId: Type.Optional(Uuid),
    dueAt: Type.Optional(Time),
  },
  strict,
);

/** A class's transcripts on their way: how many were made, and who was passed over and why. */
export const TranscriptRun = Type.Object({
  id: Uuid,
  classId: Uuid,
  state: Type.Enum(['running', 'done']),
  total: Type.Integer(),
  made: Type.Integer(),
  createdAt: Time,
  finishedAt: nullable(Time),
  skipped: Type.Array(
    Type.Object({
      person: PersonRef,
      reason: Type.Enum(['exists', 'no-marks', 'incomplete-marks', 'held-back', 'left-class', 'failed']),
      /** The reason as a sentence, with what is missing. */
      detail: Type.String(),
    }),
  ),
});

const Value = nullable(Type.Union([Type.Number(), Type.String()]));

/** Values of a waiting document that a signer should read first, each with why. */
export const UnusualDocument = Type.Object({
  requestId: Uuid,
  findings: Type.Array(
    Type.Object({
      label: Type.String(),
      kind: Type.Enum(['change', 'far', 'rare', 'empty']),
      before: Value,
      value: Value,
      detail: Type.String(),
    }),
  ),
});

export const CorrectionBody = Type.Object({ reason: Type.String({ minLength: 3, maxLength: 500 }) }, strict);

export const RejectBody = Type.Object({ reason: Type.String({ minLength: 3, maxLength: 500 }) }, strict);
