import { refersTo } from '@edutrust/platform/http';
import { nullable, OfficialRef, SerialHex, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { certificateRequestMoves } from './states.ts';

/** `outside`: the holder's own key, in a USB token. `key-store`: made at the approval, and never leaves our key store. */
const Custody = Type.Enum(['outside', 'key-store']);
const Profile = Type.Enum(['seal', 'official']);
export const State = Type.Enum([...certificateRequestMoves.states]);

export const CertificateRequestView = Type.Object({
  id: Uuid,
  profile: Profile,
  custody: Custody,
  state: State,
  /** Where those who asked confirm and a second officer decides; null for what the program renewed. */
  approvalId: nullable(Uuid),
  organisation: Type.Object({ id: Uuid, name: Type.String(), code: Type.String() }),
  person: nullable(OfficialRef),
  /** The name that would be certified now, most specific part first; null when it is decided, or for no signer any more. */
  subject: nullable(Type.String()),
  /** Null until the key store has made it. */
  key: nullable(
    Type.Object({
      kind: Type.String({ description: 'such as ECDSA P-256' }),
      sha256: Type.String({ description: 'of SubjectPublicKeyInfo, hexadecimal' }),
    }),
  ),
  renews: nullable(Type.String()),
  /** Null: the program. */
  requestedBy: nullable(OfficialRef),
  requestedAt: Time,
  decidedBy: nullable(OfficialRef),
  decidedAt: nullable(Time),
  reason: nullable(Type.String()),
  certificate: nullable(Type.Object({ serial: Type.String(), notAfter: Time })),
});

export const RequestList = Type.Object({
  items: Type.Array(CertificateRequestView),
  nextCursor: nullable(Type.String()),
});

export const AskBody = Type.Object(
  {
    organisationId: refersTo('organisation'),
    personId: Type.Optional(refersTo('person', 'people.read')),
    custody: Custody,
    csr: Type.Optional(
      Type.String({ minLength: 1, description: 'PKCS #10 of an outside key: PEM, or base64 of the DER' }),
    ),
    renews: Type.Optional(SerialHex),
  },
  strict,
);

export const DueList = Type.Object({
  items: Type.Array(
    Type.Object({
      serial: Type.String(),
      profile: Profile,
      custody: Custody,
      organisation: Type.Object({ id: Uuid, name: Type.String() }),
      person: nullable(OfficialRef),
      notAfter: Time,
      /** Whether the same key may be certified again; else a new one is needed. */
      keyMayStay: Type.Boolean(),
      renewsItself: Type.Boolean(),
    }),
  ),
});
