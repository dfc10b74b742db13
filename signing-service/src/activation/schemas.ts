import { Base64Url, nullable, Sha256Hex, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { Assertion, Custody, RequestOptions } from '../enrolment/schemas.ts';
import { FormatName } from '../formats/schemas.ts';
import { Artefact } from '../requests/schemas.ts';

export const OpenSessionBody = Type.Object(
  {
    requestIds: Type.Array(Uuid, { minItems: 1, maxItems: 1000, uniqueItems: true }),
    /** `seal`: a clerk puts the school's seal on what the principal has signed. */
    purpose: Type.Enum(['sign', 'seal'], { default: 'sign' }),
  },
  strict,
);

export const SigningSession = Type.Object({
  id: Uuid,
  /** The same on the requester's screen. */
  code4: Type.String({ pattern: '^[0-9]{4}$' }),
  expiresAt: Time,
  custody: Custody,
  /**
   * What is authorised, as canonical JSON (RFC 8785). SHA-256 of its UTF-8 bytes is the assertion's challenge. `root` is that of
   * the Merkle tree (RFC 9162 §2.1.1) over the items in their order, each leaf canonical JSON of `artefact`, `digest` and `request`: the
   * phone recomputes both, and compares each digest with the one inside `signedAttributes`.
   */
  list: Type.String(),
  items: Type.Array(
    Type.Object({
      requestId: Uuid,
      artefact: Artefact,
      title: Type.String(),
      format: FormatName,
      /** SHA-256 of what is signed, hexadecimal: the byte ranges of a PDF, the last manifest of a container, which has the digest of every file. */
      digestHex: Type.String(),
      /** DER; sign these bytes with ES256 (device custody). */
      signedAttributes: Type.String(),
      /** The year's marks in one line, for a document that is signed without being opened. */
      marks: nullable(Type.String()),
      /** The phone has to draw it: its marks stand out against the class, or it has none that say what it is. */
      mustOpen: Type.Boolean(),
    }),
  ),
  assertionOptions: RequestOptions,
  /** Device custody: as it was given at enrolment. */
  wrappedKey: nullable(Type.String()),
});

/** Of which file of the request; absent: the document. */
const OfArtefact = Type.Optional(Artefact);

const Drawn = Type.Object(
  {
    requestId: Uuid,
    artefact: OfArtefact,
    digestHex: Sha256Hex,
    pages: Type.Integer({ minimum: 1, maximum: 100_000 }),
  },
  strict,
);

export const ConfirmBody = Type.Object(
  {
    assertion: Assertion,
    /** Device custody: for each item ES256 over its signed attributes, r‖s (64 bytes). Empty with HSM custody. */
    signatures: Type.Array(Type.Object({ requestId: Uuid, artefact: OfArtefact, signature: Base64Url(200) }, strict), {
      maxItems: 2000,
    }),
    /** What the phone drew before it signed: for each file the digest that it computed itself, and the pages of a PDF or the files of a container. */
    drawn: Type.Array(Drawn, { maxItems: 2000 }),
    /** Requests of which it opened no file. Every other one has all of its files in `drawn`. */
    notOpened: Type.Array(Uuid, { maxItems: 1000, uniqueItems: true, default: [] }),
  },
  strict,
);

export type Confirmation = Type.Static<typeof ConfirmBody>;

/** One result for each document; the same again when the same confirmation is sent again. */
export const SessionResult = Type.Object({
  id: Uuid,
  state: Type.Enum(['completed', 'completing']),
  items: Type.Array(
    Type.Object({
      requestId: Uuid,
      title: Type.String(),
      state: Type.Enum(['signed', 'failed', 'pending']),
      signedAt: nullable(Time),
      /** When it failed: a stable code and a sentence in the caller's language. */
      error: nullable(Type.Object({ code: Type.String(), detail: Type.String() })),
    }),
  ),
});
