import { nullable, Time } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { RequestState } from '../requests/schemas.ts';

const Verdict = Type.Enum(['valid', 'invalid', 'indeterminate']);
const Text = Type.Object({ vi: Type.String(), en: Type.String() });

const Reason = Type.Object({
  code: Type.String(),
  indication: Type.String(),
  subIndication: Type.String(),
  vi: Type.String(),
  en: Type.String(),
  detail: Type.Optional(Type.String()),
});

/** Parts of the page's width and height, from its upper left corner. */
const Area = Type.Object({ left: Type.Number(), top: Type.Number(), width: Type.Number(), height: Type.Number() });

const Warning = Type.Object({
  code: Type.String(),
  vi: Type.String(),
  en: Type.String(),
  detail: Type.Optional(Type.String()),
});

const LaterChange = Type.Object({
  kind: Type.String(),
  allowed: Type.Boolean(),
  vi: Type.String(),
  en: Type.String(),
  detail: Type.Optional(Type.String()),
  pages: Type.Optional(Type.Array(Type.Object({ page: Type.Integer(), area: Type.Optional(Area) }))),
});

const Signer = Type.Object({
  name: Type.String(),
  organisation: nullable(Type.String()),
  title: nullable(Type.String()),
  serialNumber: nullable(Type.String()),
  subject: Type.String(),
  issuer: Type.String(),
  certificateSerial: Type.String(),
  notBefore: Type.String(),
  notAfter: Type.String(),
  fingerprint: Type.String(),
});

const signature = {
  verdict: Verdict,
  sub: nullable(Type.String()),
  format: Type.String(),
  level: nullable(Type.String()),
  field: Type.String(),
  coverage: Type.Enum(['whole', 'revision', 'none']),
  revisionLength: nullable(Type.Integer()),
  changesAfter: Type.Array(LaterChange),
  signer: nullable(Signer),
  /** Who certifies whom, from the signer to the anchor; empty when no good path was found. */
  chain: Type.Array(Type.Object({ name: Type.String(), notAfter: Time, fingerprint: Type.String() })),
  time: Type.Object({
    proven: nullable(Type.String()),
    claimed: nullable(Type.String()),
    authority: nullable(Type.String()),
    /** Why a time stamp that is there proves nothing. */
    problem: nullable(Reason),
  }),
  certification: nullable(Type.Object({ permits: Type.Enum([1, 2, 3]) })),
  log: nullable(
    Type.Object({
      origin: Type.String(),
      index: Type.Integer(),
      status: Type.Enum(['proven', 'wrong', 'unchecked']),
      /** The leaf's hash (RFC 9162 §2.1.1), where the entry is proven. */
      leaf: nullable(Type.String()),
      /** Who cosigned a tree that the entry stands in (C2SP tlog-cosignature); null where nobody's word was asked for, or there is no such tree yet. */
      witnesses: nullable(Type.Array(Type.String())),
    }),
  ),
  intact: nullable(Type.Boolean()),
  trusted: Type.Boolean(),
  reasons: Type.Array(Reason),
  /** What decides nothing, and should be seen by whoever relies on the file. */
  warnings: Type.Array(Warning),
};

const Signature = Type.Object({
  ...signature,
  /** Signatures of others over this signature’s value, judged as their own; nothing of it depends on them. */
  counterSignatures: Type.Array(Type.Object(signature)),
});

export const PublicDocument = Type.Object({
  code: Type.String(),
  title: Type.String(),
  holder: nullable(Type.String()),
  issuer: Type.String(),
  signer: Type.Object({ name: Type.String(), title: Type.String() }),
  signatures: Type.Array(
    Type.Object({
      role: Type.Enum(['subject-teacher', 'class-teacher', 'principal', 'school-seal', 'signer']),
      name: Type.String(),
      title: Type.String(),
      isDone: Type.Boolean(),
      at: nullable(Time),
    }),
  ),
  state: RequestState,
  createdAt: Time,
  signedAt: nullable(Time),
  sha256: nullable(Type.String()),
  /** Of a school report the same for its XML. */
  dataSha256: nullable(Type.String()),
  /** Code of the corrected document that has taken its place. */
  replacedBy: nullable(Type.String()),
  /** Of an extract, and of a paper print where its own code was asked for: which copy it is, and of what. */
  copy: nullable(
    Type.Object({
      form: Type.Enum(['extract', 'print']),
      number: Type.String(),
      year: Type.Integer(),
      madeAt: Time,
      of: Type.String(),
      isOriginalInForce: Type.Boolean(),
    }),
  ),
});

const Base64 = Type.String({ format: 'byte' });

/** DER in base64; keys raw. What files are judged with here, for a judge elsewhere. */
export const Trust = Type.Object({
  /** Revocations are known up to here. */
  takenAt: Time,
  anchors: Type.Array(Base64),
  timeStampAnchors: Type.Array(Base64),
  untrusted: Type.Array(Base64),
  crls: Type.Array(Base64),
  logs: Type.Array(Type.Object({ origin: Type.String(), publicKey: Base64 })),
  /** Whose cosignatures of the logs are counted. */
  witnesses: Type.Array(Type.Object({ name: Type.String(), publicKey: Base64 })),
});

const Answer = Type.Object({ answer: Type.Enum(['yes', 'no', 'unknown', 'none']), sentence: Text });

/** The same object as `edutrust verify --json` writes, without the file's name when none was given. */
export const VerificationReport = Type.Object({
  file: Type.Optional(Type.String()),
  sha256: Type.String(),
  sizeBytes: Type.Integer(),
  judgedAt: Time,
  verdict: Type.Enum(['valid', 'invalid', 'indeterminate', 'unsigned']),
  sentence: Text,
  unchanged: Answer,
  trusted: Answer,
  nextStep: Text,
  /** Of a school report whose other form (PDF or XML) was sent as `content`: whether the two are one report. */
  otherForm: nullable(Type.Object({ agrees: Type.Boolean(), sentence: Text })),
  signatures: Type.Array(Signature),
  reasons: Type.Array(Reason),
  document: nullable(Type.Object({ ...PublicDocument.properties, isSameFile: Type.Boolean() })),
});
