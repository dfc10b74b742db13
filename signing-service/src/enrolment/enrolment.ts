import { createHash, createPublicKey, type KeyObject, randomBytes, verify } from 'node:crypto';
import { keyStore } from '@edutrust/certs/key-store';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import type { Actor } from '@edutrust/platform/http';
import { uuidv7 } from '@edutrust/platform/ids';
import { findSigners } from '@edutrust/registry/permissions';
import type { Selectable } from 'kysely';
import type Type from 'typebox';
import { mustMove } from '../requests/states.ts';
import { type Custody, type SigningTables, signingOf } from '../tables.ts';
import { passkeyAlgorithms, possessionText, verifyRegistration } from './passkey.ts';
import type { CreationOptions, EnrolBody } from './schemas.ts';
import { currentStates, enrollingRoles, enrolmentMoves } from './states.ts';

export type EnrolmentRow = Selectable<SigningTables['signing.enrolment']>;
type PersonActor = Extract<Actor, { kind: 'person' }>;

/** The life of a registration challenge (W2). */
const ceremonySeconds = 300;

/** What the answer to creation options must match; taken once. */
interface Ceremony {
  readonly personId: string;
  readonly sessionId: string;
  /** Also the user handle of the passkey, so that it never replaces one for signing in. */
  readonly enrolmentId: string;
  readonly challenge: string;
  readonly prfSalt: string;
}

const ceremonyKey = (id: string) => `signing:enrolment-ceremony:${id}`;

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
  { db, store, config }: ServiceContext,
  actor: PersonActor,
): Promise<Type.Static<typeof CreationOptions>> {
  await mustHaveNone(db, actor.personId);
  const signer = await mustBeSigner(db, actor.personId);
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

async function mustHaveNone(db: Database | Transaction, personId: string): Promise<void> {
  const current = await signingOf(db)
    .selectFrom('signing.enrolment')
    .select('id')
    .where('person_id', '=', personId)
    .where('state', 'in', [...currentStates])
    .executeTakeFirst();
  if (current) throw alreadyEnrolled();
}

function alreadyEnrolled(): Conflict {
  return new Conflict(
    'signing/already-enrolled',
    { vi: 'Bạn đã đăng ký ký số trên một điện thoại.', en: 'You have enrolled a phone already.' },
    {
      remedy: {
        vi: 'Nếu đổi hoặc mất điện thoại, hãy thu hồi đăng ký cũ rồi đăng ký lại.',
        en: 'If the phone was lost or replaced, revoke that enrolment and enrol again.',
      },
    },
  );
}

async function mustBeSigner(db: Database | Transaction, personId: string) {
  const [signer] = await findSigners(db, { personId, roles: enrollingRoles });
  if (signer) return signer;
  throw new Forbidden('signing/not-a-signer', {
    vi: 'Bạn chưa được giao vai trò người ký.',
    en: 'You do not hold the role of a signer.',
  });
}

/**
 * Registers the phone: its passkey and its signing key, awaiting a second officer.
 *
 * @throws InvalidInput `signing/ceremony-over`, `signing/passkey-refused`, `signing/no-possession`; Conflict.
 */
export async function enrol(
  context: ServiceContext,
  body: Type.Static<typeof EnrolBody>,
  actor: PersonActor,
): Promise<string> {
  const { db, clock, config, store } = context;
  const ceremony = await store.take<Ceremony>(ceremonyKey(body.ceremonyId));
  // Bound to person, sign-in session and ceremony (W2, W4); whoever is not the one learns no more than that it is over.
  if (ceremony?.personId !== actor.personId || ceremony.sessionId !== actor.sessionId) {
    throw new InvalidInput('signing/ceremony-over', {
      vi: 'Lượt đăng ký này đã hết hạn hoặc đã dùng rồi. Hãy bắt đầu lại.',
      en: 'This registration has expired or was used already. Start again.',
    });
  }
  const passkey = await verifyRegistration(config, body.attestation, ceremony.challenge);
  const id = ceremony.enrolmentId;
  const ofPhone = phoneKey(body, { challenge: ceremony.challenge, credentialId: passkey.credentialId });
  const signer = await mustBeSigner(db, actor.personId);
  await db.transaction().execute(async (transaction) => {
    await mustHaveNone(transaction, actor.personId);
    const key = ofPhone ?? (await storedKey(context, transaction));
    const inserted = await signingOf(transaction)
      .insertInto('signing.enrolment')
      .values({
        id,
        person_id: actor.personId,
        organisation_id: signer.organisationId,
        title: signer.title,
        state: 'awaiting-approval',
        custody: key.custody,
        approval_code: approvalCode(key.spki, passkey.credentialId),
        created_at: clock.now(),
        decided_at: null,
        decided_by: null,
        ended_at: null,
        reason: null,
        device_name: body.deviceName?.normalize('NFC').trim() || 'Điện thoại',
        credential_id: passkey.credentialId,
        credential_public_key: passkey.publicKey,
        credential_counter: passkey.counter,
        transports: passkey.transports,
        is_synced: passkey.isSynced,
        attestation_object: passkey.attestationObject,
        prf_salt: Buffer.from(ceremony.prfSalt, 'base64url'),
        last_used_at: null,
        public_key_spki: key.spki,
        key_id: key.keyId,
        wrapped_private_key: key.wrapped,
        possession: key.possession ? JSON.stringify(key.possession) : null,
        certificate_serial: null,
        certificate: null,
      })
      .onConflict((conflict) => conflict.doNothing()) // the passkey, or the person at the same moment
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows === 0n) throw alreadyEnrolled();
    await record(transaction, {
      type: 'signing-enrolment.requested',
      actor,
      subject: { kind: 'signing-enrolment', id },
      organisationId: signer.organisationId,
      data: { custody: key.custody, keySha256: createHash('sha256').update(key.spki).digest('hex') },
    });
  });
  return id;
}

interface SigningKey {
  readonly custody: Custody;
  readonly spki: Buffer;
  readonly keyId: string | null;
  readonly wrapped: Buffer | null;
  readonly possession: { readonly challenge: string; readonly signature: string } | null;
}

/** HSM custody: a new key in the key store. */
async function storedKey(context: ServiceContext, transaction: Transaction): Promise<SigningKey> {
  const { id, publicKey } = await keyStore(context).generate(transaction, 'signer', 'p256');
  return { custody: 'hsm', spki: publicKey, keyId: id, wrapped: null, possession: null };
}

/** Device custody: the phone's key, once it has shown that it has it. Undefined when the phone brings none. */
function phoneKey(
  { publicKeySpki, proofOfPossession, wrappedPrivateKey }: Type.Static<typeof EnrolBody>,
  { challenge, credentialId }: { challenge: string; credentialId: string },
): SigningKey | undefined {
  if (publicKeySpki === undefined && proofOfPossession === undefined && wrappedPrivateKey === undefined)
    return undefined;
  if (publicKeySpki === undefined || proofOfPossession === undefined || wrappedPrivateKey === undefined) {
    throw noPossession('only some of publicKeySpki, proofOfPossession and wrappedPrivateKey');
  }
  const spki = Buffer.from(publicKeySpki, 'base64url');
  const key = readP256(spki);
  const signature = Buffer.from(proofOfPossession, 'base64url');
  const text = Buffer.from(possessionText(challenge, credentialId), 'utf8');
  if (!verify('sha256', text, { key, dsaEncoding: 'ieee-p1363' }, signature)) throw noPossession('wrong signature');
  return {
    custody: 'device',
    spki,
    keyId: null,
    wrapped: Buffer.from(wrappedPrivateKey, 'base64url'),
    possession: { challenge, signature: proofOfPossession },
  };
}

function readP256(spki: Buffer): KeyObject {
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('not a P-256 key');
    // One encoding only: what is certified is what was proven.
    if (!key.export({ format: 'der', type: 'spki' }).equals(spki)) throw new Error('not the DER of a P-256 key');
    return key;
  } catch (error) {
    throw noPossession(error);
  }
}

function noPossession(cause: unknown): InvalidInput {
  return new InvalidInput(
    'signing/no-possession',
    {
      vi: 'Điện thoại chưa chứng minh được rằng nó giữ khoá ký.',
      en: 'The phone did not show that it holds the signing key.',
    },
    { cause },
  );
}

/** Six digits of both keys: the second officer sees the same on the phone, so it is this phone that is approved. */
function approvalCode(spki: Buffer, credentialId: string): string {
  const hash = createHash('sha256').update(spki).update(Buffer.from(credentialId, 'base64url')).digest();
  return String(hash.readUIntBE(0, 6) % 1_000_000).padStart(6, '0');
}

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

/** A second officer refuses. @throws Forbidden for one's own; Conflict when it is decided already. */
export async function refuseEnrolment(
  { db, clock }: ServiceContext,
  id: string,
  reason: string,
  actor: PersonActor,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const enrolment = await lockEnrolment(transaction, id);
    mustMove(enrolmentMoves, enrolment.state, 'refused');
    mustBeSomebodyElse(enrolment, actor);
    const now = clock.now();
    await signingOf(transaction)
      .updateTable('signing.enrolment')
      .set({ state: 'refused', decided_at: now, decided_by: actor.personId, ended_at: now, reason })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'signing-enrolment.refused',
      actor,
      subject: { kind: 'signing-enrolment', id },
      organisationId: enrolment.organisation_id,
    });
  });
}

/** Four eyes: nobody decides on their own enrolment. */
export function mustBeSomebodyElse(enrolment: EnrolmentRow, actor: PersonActor): void {
  if (enrolment.person_id !== actor.personId) return;
  throw new Forbidden('signing/own-enrolment', {
    vi: 'Bạn không thể tự duyệt đăng ký ký số của chính mình.',
    en: 'You cannot decide on your own enrolment.',
  });
}
