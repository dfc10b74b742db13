import { Time } from '@edutrust/platform/schemas';
import Type from 'typebox';

/** Ink on nothing, as a PNG that was made anew. */
export const Picture = Type.Object({
  /** Base64 of the PNG. */
  png: Type.String(),
  /** Pixels. */
  width: Type.Integer(),
  height: Type.Integer(),
  madeAt: Time,
});

export const OwnPicture = Type.Object({ picture: Type.Union([Picture, Type.Null()]) });

const SealPicture = Type.Object({
  ...Picture.properties,
  /** True width, millimetres. */
  widthMm: Type.Number(),
});

export const SealPictures = Type.Object({
  /** The one that seals are drawn with. */
  current: Type.Union([SealPicture, Type.Null()]),
  /** Those that wait for the second person, newest first, with what they wait for. */
  waiting: Type.Array(Type.Object({ ...SealPicture.properties, approvalId: Type.String({ format: 'uuid' }) })),
});
