import { Base64Url, nullable, PersonRef, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';

/**
 * `device`: the private key is made in the phone's browser and only ever stored wrapped under the passkey's PRF output.
 * `hsm`: it stays in the key store of the platform.
 */
export const Custody = Type.Enum(['device', 'hsm']);

export const EnrolmentState = Type.Enum(['awaiting-approval', 'ready', 'enrolled', 'refused', 'revoked']);

const Certificate = Type.Object({
  serial: Type.String(),
  subject: Type.String(),
  notBefore: Time,
  notAfter: Time,
  /** SHA-256 of the DER, hexadecimal. */
  fingerprint: Type.String(),
});

const Device = Type.Object({
  name: Type.String(),
  custody: Custody,
  /** Whether the passkey may be synced to other devices of the same person (BE flag). */
  isSynced: Type.Boolean(),
  registeredAt: Time,
  lastUsedAt: nullable(Time),
});

/** The caller's own enrolment. `none`: nothing yet, or the last one was refused or revoked (`previous`). */
export const OwnEnrolment = Type.Object({
  state: Type.Enum(['none', 'awaiting-approval', 'ready', 'enrolled']),
  id: nullable(Uuid),
  /** Six digits that the signer reads out; the second officer types what they hear. */
  approvalCode: nullable(Type.String({ pattern: '^[0-9]{6}$' })),
  /** While it waits: what the phone confirms with its passkey before the officer sees it. */
  approval: nullable(Type.Object({ id: Uuid, isConfirmed: Type.Boolean() })),
  certificate: nullable(Certificate),
  /** Of the certificate: whether the program renews it before it ends; else, from thirty days before, that it is due. */
  renewal: nullable(Type.Object({ renewsItself: Type.Boolean(), isDue: Type.Boolean() })),
  device: nullable(Device),
  previous: nullable(
    Type.Object({ state: Type.Enum(['refused', 'revoked']), at: Time, reason: nullable(Type.String()) }),
  ),
});

const Descriptor = Type.Object({
  id: Type.String(),
  type: Type.Literal('public-key'),
  transports: Type.Optional(Type.Array(Type.String())),
});
/** WebAuthn level 3 §16.1: `PublicKeyCredentialCreationOptionsJSON`; the PRF input is base64url. */
const Prf = Type.Object({ prf: Type.Object({ eval: Type.Object({ first: Type.String() }) }) });

export const CreationOptions = Type.Object({
  /** Give it back with the answer. */
  ceremonyId: Uuid,
  options: Type.Object({
    rp: Type.Object({ id: Type.String(), name: Type.String() }),
    user: Type.Object({ id: Type.String(), name: Type.String(), displayName: Type.String() }),
    challenge: Type.String(),
    pubKeyCredParams: Type.Array(Type.Object({ type: Type.Literal('public-key'), alg: Type.Integer() })),
    timeout: Type.Integer(),
    excludeCredentials: Type.Array(Descriptor),
    authenticatorSelection: Type.Object({
      residentKey: Type.String(),
      requireResidentKey: Type.Boolean(),
      userVerification: Type.Literal('required'),
    }),
    attestation: Type.String(),
    extensions: Prf,
  }),
});

export const RequestOptions = Type.Object({
  challenge: Type.String(),
  rpId: Type.String(),
  timeout: Type.Integer(),
  userVerification: Type.Literal('required'),
  allowCredentials: Type.Array(Descriptor),
  extensions: Type.Optional(Prf),
});

const ClientExtensionResults = Type.Record(Type.String(), Type.Unknown());

/** `RegistrationResponseJSON` (WebAuthn level 3 §5.1), as browsers' `toJSON()` gives it. PRF results are left out. */
export const Attestation = Type.Object({
  id: Base64Url(1400),
  rawId: Base64Url(1400),
  type: Type.Literal('public-key'),
  authenticatorAttachment: Type.Optional(Type.String({ maxLength: 40 })),
  clientExtensionResults: ClientExtensionResults,
  response: Type.Object({
    clientDataJSON: Base64Url(4_000),
    attestationObject: Base64Url(40_000),
    authenticatorData: Type.Optional(Base64Url(4_000)),
    transports: Type.Optional(Type.Array(Type.String({ maxLength: 20 }), { maxItems: 10 })),
    publicKeyAlgorithm: Type.Optional(Type.Integer()),
    publicKey: Type.Optional(Base64Url(4_000)),
  }),
});

/** `AuthenticationResponseJSON`. */
export const Assertion = Type.Object({
  id: Base64Url(1400),
  rawId: Base64Url(1400),
  type: Type.Literal('public-key'),
  authenticatorAttachment: Type.Optional(Type.String({ maxLength: 40 })),
  clientExtensionResults: ClientExtensionResults,
  response: Type.Object({
    clientDataJSON: Base64Url(4_000),
    authenticatorData: Base64Url(4_000),
    signature: Base64Url(2_000),
    userHandle: Type.Optional(Base64Url(100)),
  }),
});

/**
 * The phone's answer. Device custody sends all three of `publicKeySpki` (P-256, DER), `proofOfPossession` (ES256, r‖s, over
 * the UTF-8 text `EduTrust signing key\n{challenge}\n{credential id}`) and `wrappedPrivateKey` (opaque to the server);
 * a phone without PRF sends none, and the key is made in the key store.
 */
export const EnrolBody = Type.Object(
  {
    ceremonyId: Uuid,
    attestation: Attestation,
    deviceName: Type.Optional(Type.String({ minLength: 1, maxLength: 80 })),
    publicKeySpki: Type.Optional(Base64Url(300)),
    proofOfPossession: Type.Optional(Base64Url(200)),
    wrappedPrivateKey: Type.Optional(Base64Url(2_000)),
  },
  { additionalProperties: false },
);

/** An enrolment as the second officer sees it. */
export const Enrolment = Type.Object({
  id: Uuid,
  person: PersonRef,
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  title: Type.String(),
  custody: Custody,
  deviceName: Type.String(),
  /** What a second officer decides on; null for an enrolment of before. */
  approvalId: nullable(Uuid),
  state: EnrolmentState,
  createdAt: Time,
  decidedAt: nullable(Time),
  decidedBy: nullable(PersonRef),
  certificateSerial: nullable(Type.String()),
  validUntil: nullable(Time),
  reason: nullable(Type.String()),
});

/** `lost`: somebody else may hold the phone, so everything signed with it from now on is refused. */
export const RevokeBody = Type.Object(
  { reason: Type.Enum(['lost', 'replaced', 'left']) },
  { additionalProperties: false },
);
