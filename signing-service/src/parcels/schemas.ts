import { nullable, PersonRef, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';

/** `to-seal`: waits for the clerk; `ready`: sealed, to be sent; `sent`: with the warehouse's receipt; `dropped`: sent back before the seal. */
const ParcelState = Type.Enum(['to-seal', 'ready', 'sent', 'dropped']);

export const ParcelBody = Type.Object(
  {
    /** Made by the caller: sent again it is the same parcel, with the same number. */
    id: Uuid,
    /** A class of that school. */
    classId: Uuid,
    /** Issued school reports of the class; all that are in force when absent. */
    requestIds: Type.Optional(Type.Array(Uuid, { minItems: 1, maxItems: 100, uniqueItems: true })),
    /** The parcel of the class that it takes the place of. */
    replacesId: Type.Optional(Uuid),
  },
  strict,
);

export const ReceiptBody = Type.Object(
  {
    /** Number of the warehouse's receipt, as it gave it. */
    receipt: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }),
  },
  strict,
);

/** A row of the register of parcels. */
export const Parcel = Type.Object({
  id: Uuid,
  /** In its register: `03/2025-2026`. */
  number: Type.String(),
  classId: Uuid,
  className: Type.String(),
  schoolYear: Type.Integer(),
  /** How many reports it holds. */
  reports: Type.Integer(),
  state: ParcelState,
  /** The container as a document on its way to the seal. */
  requestId: Uuid,
  /** Verification code of the parcel. */
  code: Type.String(),
  /** Numbers of the parcels that it takes the place of, and that took its. */
  replaces: nullable(Type.String()),
  replacedBy: nullable(Type.String()),
  /** Whose report was corrected since, and whose new one is in no later parcel. */
  toResend: Type.Array(PersonRef),
  madeBy: PersonRef,
  madeAt: Time,
  receipt: nullable(Type.String()),
  sentAt: nullable(Time),
});

/** A class with issued school reports. */
export const ParcelClass = Type.Object({
  id: Uuid,
  code: Type.String(),
  schoolYear: Type.Integer(),
  /** Reports in force, and those of them that are in no parcel. */
  issued: Type.Integer(),
  unpacked: Type.Integer(),
});
