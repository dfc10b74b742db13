import { randomBytes } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, NotFound } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { findSigners, type SignerTools } from '@edutrust/registry/permissions';
import type { Selectable } from 'kysely';
import type Type from 'typebox';
import { type SigningTables, signingOf } from '../tables.ts';
import { passkeyAlgorithms } from './passkey.ts';
import type { CreationOptions } from './schemas.ts';
import { currentStates, enrollingRoles } from './states.ts';

export type EnrolmentRow = Selectable<SigningTables['signing.enrolment']>;
/** The life of a registration challenge (W2). */
const ceremonySeconds = 300;

/** What the answer to creation options must match; taken once. */
export interface Ceremony {
  readonly personId: string;
  readonly sessionId: string;
  /** Also the user handle of the passkey, so that it never replaces one for signing in. */
  readonly enrolmentId: string;
  readonly challenge: string;
  readonly prfSalt: string;
}

export const ceremonyKey = (id: string) => `signing:enrolment-ceremony:${id}`;

/** The user handle of an enrolment's passkey, base64url: the 16 bytes of its id. */
export function userHandleOf(enrolmentId: string): string {
  return Buffer.from(enrolmentId.replaceAll('-', ''), 'hex').toString('base64url');
}

/**
 * Creation options for the passkey that will authorise signatures, with PRF asked for.
 *
 * @throws Conflict `signing/already-enrolled`; Forbidden `signing/not-a-signer`.
 */
export async function beginEnrolment(
  context: ServiceContext,
  actor: PersonActor,
): Promise<Type.Static<typeof CreationOptions>> {
  const { db, store, config } = context;
  await mustHaveNone(db, actor.personId);
  const signer = await mustBeSigner(context, actor.personId);
  const ceremonyId = uuidv7();
  const ceremony: Ceremony = {
    personId: actor.personId,
    sessionId: actor.sessionId,
    enrolmentId: uuidv7(),
    challenge: randomBytes(32).toString('base64url'),
    prfSalt: randomBytes(32).toString('base64url'),
  };
  await store.put(ceremonyKey(ceremonyId), ceremony, ceremonySeconds);
  return {
    ceremonyId,
    options: {
      rp: { id: config.url.hostname, name: 'EduTrust' },
      user: {
        id: userHandleOf(ceremony.enrolmentId),
        name: `${signer.educationId} (ký số)`,
        displayName: `${signer.fullName} – ký số`,
      },
      challenge: ceremony.challenge,
      pubKeyCredParams: passkeyAlgorithms.map((alg) => ({ type: 'public-key' as const, alg })),
      timeout: ceremonySeconds * 1000,
      excludeCredentials: [],
      // Discoverable where possible: phones give PRF only to such passkeys (ADR 0035).
      authenticatorSelection: { residentKey: 'preferred', requireResidentKey: false, userVerification: 'required' },
      attestation: 'none',
      extensions: { prf: { eval: { first: ceremony.prfSalt } } },
    },
  };
}

export async function mustHaveNone(db: Database | Transaction, personId: string): Promise<void> {
  const current = await signingOf(db)
    .selectFrom('signing.enrolment')
    .select('id')
    .where('person_id', '=', personId)
    .where('state', 'in', [...currentStates])
    .executeTakeFirst();
  if (current) throw alreadyEnrolled();
}

export function alreadyEnrolled(): Conflict {
  return new Conflict(
    'signing/already-enrolled',
    { vi: 'Anh/chị đã đăng ký ký số trên một điện thoại.', en: 'You have enrolled a phone already.' },
    {
      remedy: {
        vi: 'Nếu đổi hoặc mất điện thoại, hãy thu hồi đăng ký cũ rồi đăng ký lại.',
        en: 'If the phone was lost or replaced, revoke that enrolment and enrol again.',
      },
    },
  );
}

export async function mustBeSigner(tools: SignerTools, personId: string) {
  const [signer] = await findSigners(tools, { personId, roles: enrollingRoles });
  if (signer) return signer;
  throw new Forbidden('signing/not-a-signer', {
    vi: 'Anh/chị chưa được giao vai trò người ký.',
    en: 'You do not hold the role of a signer.',
  });
}

/** The enrolment of a session that names it. */
export const readEnrolment = (db: Database, id: string): Promise<EnrolmentRow> =>
  signingOf(db).selectFrom('signing.enrolment').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

/** @throws NotFound `signing/no-enrolment` */
export async function lockEnrolment(transaction: Transaction, id: string): Promise<EnrolmentRow> {
  const found = await signingOf(transaction)
    .selectFrom('signing.enrolment')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (found) return found;
  throw new NotFound('signing/no-enrolment', { vi: 'Không có đăng ký ký số này.', en: 'There is no such enrolment.' });
}
