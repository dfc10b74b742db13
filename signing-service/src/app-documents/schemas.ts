import { nullable, Sha256Hex, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { DocumentBody, Place } from '../documents/schemas.ts';
import { largestUploadBytes } from '../documents/upload.ts';
import { FormatName } from '../formats/schemas.ts';
import { RequestState } from '../requests/schemas.ts';

/** Characters of the largest file in base64. */
const longestFile = Math.ceil(largestUploadBytes / 3) * 4;
export const longestBodyBytes = longestFile + 64 * 1024;

const Signer = Type.Object(
  {
    /** As the app knows the person from their sign-in, or by their education ID: one of the two. */
    sub: Type.Optional(Type.String({ maxLength: 255 })),
    educationId: Type.Optional(Type.String({ maxLength: 20 })),
    /** What the person signs as; the title in the organisation when absent. */
    title: Type.Optional(Type.String({ minLength: 1, maxLength: 120 })),
    /** Where the visible block goes, in a PDF; without one nothing is seen of the signature. */
    place: Type.Optional(Place),
  },
  strict,
);

export const AppDocumentBody = Type.Object(
  {
    /** The app's own name for this document: sent again with the same content, it is the same document. */
    key: Type.String({ pattern: '^[A-Za-z0-9._:-]{8,100}$' }),
    /** The app's own organisation when absent, or one below it. */
    organisationId: Type.Optional(Uuid),
    title: Type.String({ minLength: 3, maxLength: 200 }),
    fileName: Type.String({ minLength: 1, maxLength: 120 }),
    /** The bytes in base64 (RFC 4648 §4), at most 16 MiB of them. */
    file: Type.String({ minLength: 1, maxLength: longestFile, contentEncoding: 'base64' }),
    format: Type.Optional(FormatName),
    /** Who signs; each holds the role "signer" of the organisation or of one above it. */
    signers: Type.Array(Signer, { minItems: 1, maxItems: 20 }),
    order: Type.Enum(['sequential', 'parallel'], { default: 'sequential' }),
    /** What is seen of the signatures, and what a copy's or an annex's line begins with: as a person asks for them. */
    look: DocumentBody.properties.look,
    line: DocumentBody.properties.line,
    /** The organisation's seal, after every signature. */
    seal: Type.Optional(Type.Object({ place: Type.Optional(Place) }, strict)),
    dueAt: Type.Optional(Time),
    /** An issued document of this app, whose place it takes once it is issued itself. */
    replacesId: Type.Optional(Uuid),
  },
  strict,
);

/** A document as the app that sent it sees it: how far it is, and nobody's name. */
export const AppDocument = Type.Object({
  /** What events, feed and webhooks call it. */
  id: Uuid,
  key: Type.String(),
  organisationId: Uuid,
  state: RequestState,
  /** Why it was sent back, in the words of whose turn it was. */
  reason: nullable(Type.String()),
  /** In the order of `signers`, the seal last. */
  signatures: Type.Array(
    Type.Object({
      purpose: Type.Enum(['sign', 'seal']),
      state: Type.Enum(['pending', 'due', 'done', 'rejected', 'cancelled']),
      closedAt: nullable(Time),
    }),
  ),
  createdAt: Time,
  dueAt: nullable(Time),
  /** When it was issued or ended otherwise. */
  closedAt: nullable(Time),
  /** The one that has taken its place. */
  replacedById: nullable(Uuid),
  /** Where anybody checks it, by the code on it. */
  verifyUrl: Type.String(),
  /** Of an issued document, as it is now: it changes when it becomes an archive, and when that is renewed. */
  file: nullable(Type.Object({ sha256: Sha256Hex, sizeBytes: Type.Integer(), mediaType: Type.String() })),
});
