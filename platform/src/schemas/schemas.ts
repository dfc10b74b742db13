import Type from 'typebox';

/** JSON shapes that routes of every service share: declared here and nowhere else. */

/** An identifier (RFC 9562), in lower case. */
export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' });

/**
 * What marks a field of an answer as a fact about a person. Who gets one of somebody else leaves an access entry: a route
 * with such a field says what it `discloses`, and the object has the person's id (`PersonId`) beside or above the field, or
 * in its `person` (N7, ADR 0187).
 */
export const personal = { 'x-personal': true } as const;

/** The id of the person whom the personal fields of the same object are about. */
export const PersonId = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  'x-person': true,
});

/** The name of the person of the record. */
export const FullName = Type.String(personal);

/**
 * The name of somebody as the holder of an office: the class teacher, who asked for or decided something. Those concerned
 * may know it without an entry.
 */
export const OfficialName = Type.String({ 'x-official': true });

/** Ten digits without spaces. */
export const EducationId = Type.String(personal);

/** `YYYY-MM-DD`. */
export const BirthDate = Type.String({ format: 'date', ...personal });

/** A person whom an answer names. */
export const PersonRef = Type.Object({ id: PersonId, fullName: FullName, educationId: EducationId });

/** Somebody whom an answer names as the holder of an office. */
export const OfficialRef = Type.Object({ id: Uuid, fullName: OfficialName });

/** The parameters of a route about one thing. */
export const IdParams = Type.Object({ id: Uuid });

/** A point in time: ISO 8601 in UTC. */
export const Time = Type.String({ format: 'date-time' });

/** A day of the calendar: `YYYY-MM-DD`. */
export const Day = Type.String({ format: 'date' });

/** SHA-256 in hexadecimal. */
export const Sha256Hex = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** The serial number of a certificate in hexadecimal (RFC 5280 §4.1.2.2: at most 20 octets). */
export const SerialHex = Type.String({ pattern: '^[0-9a-f]{16,40}$' });

/** Bytes as base64url without padding (RFC 4648 §5). */
export const Base64Url = (maxLength: number) => Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength });

export const nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** The query of a list that pages by key: the properties of an object schema. */
export const Page = { limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }), cursor: Type.Optional(Uuid) };

/** A page of a list; without a cursor it is the last. */
export const listOf = <Schema extends Type.TSchema>(item: Schema) =>
  Type.Object({ items: Type.Array(item), nextCursor: nullable(Type.String()) });

/** Unknown keys are refused: every body's option. */
export const strict = { additionalProperties: false } as const;

/** The schema of a route that the API reference leaves out: a page, a protocol's own endpoint. */
export const hide = { hide: true } as const;
