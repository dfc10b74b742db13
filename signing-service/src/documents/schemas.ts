import { strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { FormatName } from '../formats/schemas.ts';

const Points = Type.Number({ minimum: -20_000, maximum: 20_000 });

export const Place = Type.Union([
  Type.Object(
    {
      /** From 1, or the last one. */
      page: Type.Union([Type.Integer({ minimum: 1, maximum: 100_000 }), Type.Literal('last')]),
      /** Lower left and upper right corner in points (1/72 inch) from the lower left corner of the page. */
      rect: Type.Tuple([Points, Points, Points, Points]),
    },
    strict,
  ),
  Type.Object(
    {
      /** The block goes under this text; `occurrence` from 1, the last one when absent. */
      anchor: Type.Object(
        {
          text: Type.String({ minLength: 1, maxLength: 200 }),
          occurrence: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
        },
        strict,
      ),
      width: Type.Optional(Type.Number({ minimum: 90, maximum: 2_000 })),
      height: Type.Optional(Type.Number({ minimum: 28, maximum: 2_000 })),
    },
    strict,
  ),
]);

export const Upload = Type.Object({
  id: Uuid,
  fileName: Type.String(),
  sizeBytes: Type.Integer(),
  /** What the file can be signed in, the usual first: PAdES of a PDF, else a container (ASiC-E) with the file inside. */
  formats: Type.Array(FormatName),
  /** In points; none of a file that is no PDF. */
  pages: Type.Array(Type.Object({ width: Type.Number(), height: Type.Number() })),
  /** Signatures that it carries already. */
  signatures: Type.Integer(),
});

/** A file that waits for its sender to ask signatures on it. */
export const WaitingUpload = Type.Object({
  id: Uuid,
  fileName: Type.String(),
  sizeBytes: Type.Integer(),
  /** 0 of a file that is no PDF. */
  pages: Type.Integer(),
  createdAt: Time,
  /** When it is deleted, unless signatures are asked for before. */
  keptUntil: Time,
});

export const DocumentBody = Type.Object(
  {
    uploadId: Uuid,
    title: Type.String({ minLength: 3, maxLength: 200 }),
    /** One of the file's `formats`, the first when absent. */
    format: Type.Optional(FormatName),
    /** Who signs; each holds the role "signer" of the organisation or of one above it. */
    signers: Type.Array(
      Type.Object(
        {
          personId: Uuid,
          /** What the person signs as; the title in the organisation when absent. */
          title: Type.Optional(Type.String({ minLength: 1, maxLength: 120 })),
          /** Where the visible block goes, in a PDF; without one nothing is seen of the signature. */
          place: Type.Optional(Place),
        },
        strict,
      ),
      { minItems: 1, maxItems: 20 },
    ),
    /** One after another as listed, or each whenever they like. */
    order: Type.Enum(['sequential', 'parallel'], { default: 'sequential' }),
    /**
     * What is seen of the signatures (Decree 30/2020/ND-CP, annex I): `block` of text at each place, the usual; `pictures`: each signer's
     * own hand, and the seal in its true size over a third of the last one; `copy` and `annex`: one line at the upper right of the first page.
     */
    look: Type.Enum(['block', 'pictures', 'copy', 'annex'], { default: 'block' }),
    /** The form of a copy (SAO Y, SAO LỤC, TRÍCH SAO), or number and symbol of what it is an annex of. */
    line: Type.Optional(Type.String({ minLength: 2, maxLength: 60 })),
    /** The organisation's seal, after every signature. */
    seal: Type.Optional(Type.Object({ place: Type.Optional(Place) }, strict)),
    dueAt: Type.Optional(Time),
    /** The issued document whose place it takes once it is issued itself; the old one is readable as replaced. */
    replacesId: Type.Optional(Uuid),
  },
  strict,
);
