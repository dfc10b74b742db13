import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { keyStore } from '@edutrust/certs/key-store';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import { propose } from '@edutrust/registry/approvals';
import type { Signer } from '@edutrust/registry/permissions';
import type Type from 'typebox';
import { record } from '../events.ts';
import { type Custody, signingOf } from '../tables.ts';
import { enrolPhoneKind, mustBeSettled } from './approval.ts';
import { describePhone, readOutCode } from './approved.ts';
import { alreadyEnrolled, type Ceremony, ceremonyKey, mustBeSigner, mustHaveNone } from './enrolment.ts';
import { possessionText, type RegisteredPasskey, verifyRegistration } from './passkey.ts';
import type { EnrolBody } from './schemas.ts';

/**
 * Registers the phone: its passkey and its signing key. The phone confirms it next, with that passkey; then it awaits a
 * second officer.
 *
 * @throws InvalidInput `signing/ceremony-over`, `signing/passkey-refused`, `signing/no-possession`; Conflict.
 */
export async function enrol(
  context: ServiceContext,
  body: Type.Static<typeof EnrolBody>,
  actor: PersonActor,
): Promise<string> {
  await mustBeSettled(context, actor.personId);
  const ceremony = await takeCeremony(context, body.ceremonyId, actor);
  const passkey = await verifyRegistration(context.config, body.attestation, ceremony.challenge);
  const ofPhone = phoneKey(body, { challenge: ceremony.challenge, credentialId: passkey.credentialId });
  const signer = await mustBeSigner(context, actor.personId);
  const deviceName = body.deviceName?.normalize('NFC').trim() || 'Điện thoại';
  await context.db.transaction().execute(async (transaction) => {
    await mustHaveNone(transaction, actor.personId);
    const key = ofPhone ?? (await storedKey(context, transaction));
    await keepEnrolment(context, transaction, { ceremony, signer, deviceName, passkey, key }, actor);
    await record(transaction, {
      type: 'signing-enrolment.requested',
      actor,
      subject: { kind: 'signing-enrolment', id: ceremony.enrolmentId },
      organisationId: signer.organisationId,
      data: { custody: key.custody, keySha256: createHash('sha256').update(key.spki).digest('hex') },
    });
  });
  return ceremony.enrolmentId;
}

/** Bound to person, sign-in session and ceremony (W2, W4); anyone else learns only that it is over. */
async function takeCeremony({ store }: ServiceContext, ceremonyId: string, actor: PersonActor): Promise<Ceremony> {
  const ceremony = await store.take<Ceremony>(ceremonyKey(ceremonyId));
  if (ceremony?.personId === actor.personId && ceremony.sessionId === actor.sessionId) return ceremony;
  throw new InvalidInput('signing/ceremony-over', {
    vi: 'Lượt đăng ký này đã hết hạn hoặc đã dùng rồi. Hãy bắt đầu lại.',
    en: 'This registration has expired or was used already. Start again.',
  });
}

interface Registration {
  readonly ceremony: Ceremony;
  readonly signer: Signer;
  readonly deviceName: string;
  readonly passkey: RegisteredPasskey;
  readonly key: SigningKey;
}

/** Puts the phone before the two people, and keeps it until they have decided. @throws Conflict `signing/already-enrolled`. */
async function keepEnrolment(
  context: ServiceContext,
  transaction: Transaction,
  { ceremony, signer, deviceName, passkey, key }: Registration,
  actor: PersonActor,
): Promise<void> {
  const { organisationId, title } = signer;
  const described = {
    id: ceremony.enrolmentId,
    person_id: actor.personId,
    organisation_id: organisationId,
    title,
    custody: key.custody,
    device_name: deviceName,
    credential_id: passkey.credentialId,
    credential_public_key: passkey.publicKey,
    public_key_spki: key.spki,
  };
  const content = await describePhone(transaction, described);
  const { approval } = await propose(transaction, context, enrolPhoneKind, { content, organisationId }, actor);
  const inserted = await signingOf(transaction)
    .insertInto('signing.enrolment')
    .values({
      ...described,
      state: 'awaiting-approval',
      approval_code: readOutCode(content.keySha256, content.credentialId),
      approval_id: approval.id,
      created_at: context.clock.now(),
      decided_at: null,
      decided_by: null,
      ended_at: null,
      reason: null,
      credential_counter: passkey.counter,
      transports: passkey.transports,
      is_synced: passkey.isSynced,
      attestation_object: passkey.attestationObject,
      prf_salt: Buffer.from(ceremony.prfSalt, 'base64url'),
      last_used_at: null,
      key_id: key.keyId,
      wrapped_private_key: key.wrapped,
      possession: key.possession ? JSON.stringify(key.possession) : null,
      certificate_serial: null,
      certificate: null,
    })
    .onConflict((conflict) => conflict.doNothing()) // the passkey, or the person at the same moment
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 0n) throw alreadyEnrolled();
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
