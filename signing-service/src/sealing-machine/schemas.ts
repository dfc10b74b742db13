import { Base64Url, nullable, OfficialRef, Sha256Hex, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { Artefact } from '../requests/schemas.ts';
import { machineMoves } from './states.ts';

const Der = (maxBytes: number) => Base64Url(Math.ceil((maxBytes * 4) / 3));

/** What a machine shows of itself when it asks to be paired. */
export const PairingBody = Type.Object(
  {
    /** P-256, SubjectPublicKeyInfo, DER: every later request is proved with this key. */
    publicKey: Der(200),
    /** The certificate on the token, DER. */
    certificate: Der(8_000),
    /** Its issuers as far as the token has them, the nearest first, without the root. */
    issuers: Type.Array(Der(8_000), { maxItems: 4 }),
    /** The token's signature (SHA-256) over the UTF-8 text `EduTrust sealing machine\n{origin}\n{SHA-256 of publicKey}`. */
    possession: Der(1_024),
    machineName: Type.String({ minLength: 1, maxLength: 80 }),
  },
  strict,
);

export const PairingAsked = Type.Object({
  /** The clerk types it in the browser. */
  code: Type.String({ pattern: '^[0-9A-Z]{4}-[0-9A-Z]{4}$' }),
  /** With `Authorization: DPoP`, once the machine is paired. */
  token: Type.String(),
  expiresAt: Time,
});

const Code = Type.String({ minLength: 8, maxLength: 20 });
export const CodeBody = Type.Object({ code: Code }, strict);

const CertificateView = Type.Object({
  organisation: Type.String(),
  subject: Type.String(),
  issuer: Type.String(),
  notAfter: Time,
  sha256: Sha256Hex,
});

export const TokenView = Type.Object({ machineName: Type.String(), certificate: CertificateView });

export const MachineView = Type.Object({
  id: Uuid,
  name: Type.String(),
  state: Type.Enum([...machineMoves.states]),
  clerk: OfficialRef,
  certificate: CertificateView,
  approvalId: Uuid,
  createdAt: Time,
  expiresAt: nullable(Time),
  lastUsedAt: nullable(Time),
  /** The list that it shows at this moment: the same four digits stand on its screen. */
  openBatch: nullable(Type.Object({ code4: Type.String(), documents: Type.Integer() })),
});

/** What the machine is told of itself. */
export const OwnMachine = Type.Object({
  state: Type.Enum([...machineMoves.states]),
  origin: Type.String(),
  organisation: Type.String(),
  certificateSha256: Sha256Hex,
  expiresAt: nullable(Time),
});

export const WaitingSeals = Type.Object({
  /** All that wait for this school’s seal. */
  count: Type.Integer(),
  /** The most urgent, at most a hundred. */
  items: Type.Array(Type.Object({ requestId: Uuid, title: Type.String(), code: Type.String() })),
});

export const OpenBatchBody = Type.Object(
  {
    requestIds: Type.Array(Uuid, { minItems: 1, maxItems: 100, uniqueItems: true }),
    /** What the certificate's own authority says of it and of its issuers now, DER. */
    crls: Type.Array(Der(1_000_000), { maxItems: 4 }),
    ocspResponses: Type.Array(Der(20_000), { maxItems: 4 }),
  },
  strict,
);

export const SealingBatch = Type.Object({
  id: Uuid,
  /** Also in the browser, at «Máy đóng dấu». */
  code4: Type.String({ pattern: '^[0-9]{4}$' }),
  expiresAt: Time,
  /** The time that the signatures claim. */
  at: Time,
  /** What is sealed, as canonical JSON (RFC 8785); the challenge is SHA-256 of its UTF-8 bytes. It names the origin. */
  list: Type.String(),
  items: Type.Array(
    Type.Object({
      requestId: Uuid,
      title: Type.String(),
      code: Type.String(),
      artefact: Artefact,
      digestHex: Sha256Hex,
    }),
  ),
});

export const SealBody = Type.Object(
  {
    /** SHA-256 of the batch's list, hexadecimal. */
    challenge: Sha256Hex,
    /** DER `ECDSA-Sig-Value`, or the RSA signature (PKCS #1 v1.5), over what each document's file gives to sign. What is not here waits on; of a document with its data both, or neither. */
    signatures: Type.Array(Type.Object({ requestId: Uuid, artefact: Artefact, signature: Der(1_024) }, strict), {
      minItems: 1,
      maxItems: 200,
    }),
  },
  strict,
);
export type SealBody = Type.Static<typeof SealBody>;
