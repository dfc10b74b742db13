import { Base64Url, nullable, Sha256Hex, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { Assertion, Custody, RequestOptions } from '../enrolment/schemas.ts';
import { mostSignatures } from './request.ts';

/** Hashes that an app asks the caller to sign, as a list shows them. */
export const WaitingAuthorisation = Type.Object({
  id: Uuid,
  app: Type.String(),
  /** What the app says it is. */
  description: nullable(Type.String()),
  count: Type.Integer({ minimum: 1 }),
  expiresAt: Time,
});

export const WaitingAuthorisations = Type.Object({ items: Type.Array(WaitingAuthorisation) });

/** What the phone shows, signs and asks its passkey with. */
export const Authorisation = Type.Object({
  ...WaitingAuthorisation.properties,
  state: Type.Enum(['waiting', 'authorised', 'used', 'refused', 'expired']),
  code4: Type.String({ pattern: '^[0-9]{4}$' }),
  custody: Custody,
  /** Canonical JSON (RFC 8785); SHA-256 of its UTF-8 bytes is the assertion's challenge. */
  list: Type.String(),
  hashes: Type.Array(Type.Object({ hashHex: Sha256Hex, label: nullable(Type.String()) })),
  assertionOptions: RequestOptions,
  /** Device custody: as it was given at enrolment. */
  wrappedKey: nullable(Type.String()),
  /** Where the browser goes on when the app's own sign-in waits for the answer; a path. */
  continueAt: nullable(Type.String()),
});

export const ConfirmAuthorisationBody = Type.Object(
  {
    assertion: Assertion,
    /** Device custody: of each hash in its order ECDSA over it, r‖s (64 bytes). Empty with a key of the key store. */
    signatures: Type.Array(Base64Url(200), { maxItems: mostSignatures }),
  },
  strict,
);
