import Type from 'typebox';

const Base64Url = (maxLength: number) => Type.String({ pattern: '^[A-Za-z0-9_-]*$', maxLength });
/** Browsers add members over the years; we read the ones named here and let the others be. */
const Id = Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: 1_400 });

/** `PublicKeyCredential.toJSON()` after `create` (WebAuthn level 3 §5.1.9). */
export const AttestationBody = Type.Object({
  id: Id,
  rawId: Id,
  type: Type.Literal('public-key'),
  clientExtensionResults: Type.Record(Type.String(), Type.Unknown()),
  response: Type.Object({
    clientDataJSON: Base64Url(8_000),
    attestationObject: Base64Url(40_000),
    transports: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 10 })),
  }),
});

/** `PublicKeyCredential.toJSON()` after `get`. */
export const AssertionBody = Type.Object({
  id: Id,
  rawId: Id,
  type: Type.Literal('public-key'),
  clientExtensionResults: Type.Record(Type.String(), Type.Unknown()),
  response: Type.Object({
    clientDataJSON: Base64Url(8_000),
    authenticatorData: Base64Url(8_000),
    signature: Base64Url(4_000),
    userHandle: Type.Optional(Base64Url(200)),
  }),
});
