import Type from 'typebox';

/** JSON shapes that the routes of signing share. */
export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' });
export const IdParams = Type.Object({ id: Uuid });
export const Time = Type.String({ format: 'date-time' });
export const nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
export const listOf = <Schema extends Type.TSchema>(item: Schema) =>
  Type.Object({ items: Type.Array(item), nextCursor: nullable(Type.String()) });
export const strict = { additionalProperties: false } as const;
/** Bytes as base64url without padding (RFC 4648 §5). */
export const Base64Url = (maxLength: number) => Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength });

export const RequestState = Type.Enum(['waiting', 'signed', 'rejected', 'withdrawn']);

const Named = Type.Object({ id: Uuid, fullName: Type.String(), educationId: Type.String() });

/** A document that waits for a signature, or has it. */
export const SigningRequest = Type.Object({
  id: Uuid,
  kind: Type.Enum(['transcript']),
  title: Type.String(),
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  className: nullable(Type.String()),
  subject: nullable(Named),
  signer: Named,
  /** Null when the program asked (the demo). */
  requestedBy: nullable(Named),
  state: RequestState,
  /** Why it was rejected. */
  reason: nullable(Type.String()),
  createdAt: Time,
  dueAt: nullable(Time),
  signedAt: nullable(Time),
  /** Verification code, as printed. */
  code: Type.String(),
  sizeBytes: Type.Integer(),
  pages: Type.Integer(),
  /** What the signer's phone shows while it confirms; both screens show the same (sole control). */
  code4: nullable(Type.String({ pattern: '^[0-9]{4}$' })),
});

export const TranscriptsBody = Type.Object(
  {
    /** Everybody of the class who has marks, or only `personIds`. */
    classId: Uuid,
    personIds: Type.Optional(Type.Array(Uuid, { minItems: 1, maxItems: 60, uniqueItems: true })),
    /** The school's signer when absent. */
    signerId: Type.Optional(Uuid),
    dueAt: Type.Optional(Time),
  },
  strict,
);

/** Asking twice makes nothing twice: who has a transcript waiting or signed is in `skipped`. */
export const TranscriptsMade = Type.Object({
  created: Type.Array(SigningRequest),
  skipped: Type.Array(Type.Object({ personId: Uuid, reason: Type.Enum(['exists', 'no-marks']) })),
});

export const RejectBody = Type.Object({ reason: Type.String({ minLength: 3, maxLength: 500 }) }, strict);
