import { createPublicKey, X509Certificate } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, type EduTrustError, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { p256 } from '@noble/curves/nist.js';
import type Type from 'typebox';
import { certificateOf } from '../activation/certificate.ts';
import { certificateRevoked, evidenceOf, provedByPhone } from '../activation/phone.ts';
import { hashAssertion } from '../enrolment/passkey.ts';
import { record } from '../events.ts';
import { ecdsaSignatureFromRaw } from '../formats/ecdsa.ts';
import { signingOf } from '../tables.ts';
import {
  type AuthorisationRow,
  closeAuthorisation,
  type HashRow,
  hashesOf,
  moveAuthorisation,
} from './authorisations.ts';
import type { ConfirmAuthorisationBody } from './schemas.ts';

/** How long the app may ask for what was confirmed. */
export const usableSeconds = 300;

type Confirmation = Type.Static<typeof ConfirmAuthorisationBody>;

/**
 * Takes the person's act over exactly these hashes: one assertion of their phone's passkey, and where the phone holds the key
 * its signature of each hash. The challenge is used up whatever comes of it.
 *
 * @throws NotFound `signing/no-authorisation`; Conflict `signing/session-used`, `signing/session-expired`,
 *   `signing/certificate-revoked`; InvalidInput as `provedByPhone`, `signing/wrong-signature`
 */
export async function confirmAuthorisation(
  context: ServiceContext,
  id: string,
  confirmation: Confirmation,
  actor: PersonActor,
): Promise<void> {
  const refusal = await context.db.transaction().execute(async (transaction) => {
    const authorisation = await lockOwn(transaction, id, actor.personId);
    const { state, assertion_sha256: taken, expires_at } = authorisation;
    if (state !== 'waiting') {
      return taken?.equals(hashAssertion(confirmation.assertion)) ? undefined : isOver(authorisation);
    }
    const close = async (to: 'refused' | 'expired', error: EduTrustError) => {
      await closeAuthorisation(transaction, authorisation, to, error.code);
      return error;
    };
    if (context.clock.now() >= expires_at) return close('expired', expired());
    const certificate = await certificateOf(transaction, { ...authorisation, machine_id: null }, context.clock.now());
    if (!certificate?.isUsable) return close('refused', certificateRevoked());
    return take(context, transaction, { authorisation, certificate: certificate.der }, confirmation, actor).catch(
      (error: unknown) => {
        if (error instanceof InvalidInput) return close('refused', error);
        throw error;
      },
    );
  });
  if (refusal) throw refusal;
}

async function take(
  context: ServiceContext,
  transaction: Transaction,
  { authorisation, certificate }: { readonly authorisation: AuthorisationRow; readonly certificate: Buffer },
  { assertion, signatures }: Confirmation,
  actor: PersonActor,
): Promise<undefined> {
  const { id, enrolment_id: enrolmentId, challenge } = authorisation;
  const toConfirm = { enrolmentId, purpose: 'sign' as const, challenge };
  const { custody } = await provedByPhone(context, transaction, toConfirm, assertion, actor);
  const hashes = await hashesOf(transaction, id);
  if (custody === 'device') await keepSignatures(transaction, hashes, signatures, certificate);
  const now = context.clock.now();
  await moveAuthorisation(transaction, authorisation, 'authorised', {
    assertion: evidenceOf(assertion),
    assertion_sha256: hashAssertion(assertion),
    authorised_at: now,
    expires_at: new Date(now.getTime() + usableSeconds * 1000),
  });
  await record(transaction, {
    type: 'remote-authorisation.authorised',
    actor,
    subject: { kind: 'remote-authorisation', id },
    organisationId: authorisation.organisation_id,
    data: {
      app: authorisation.client_id,
      hashes: hashes.length,
      listSha256: challenge.toString('hex'),
      assertionSha256: hashAssertion(assertion).toString('hex'),
    },
  });
  return undefined;
}

/** The phone's signature of each hash, in their order; all are right, or nothing was confirmed. */
async function keepSignatures(
  transaction: Transaction,
  hashes: readonly HashRow[],
  signatures: readonly string[],
  certificate: Buffer,
): Promise<void> {
  const key = publicPoint(certificate);
  for (const [index, { authorisation_id, position, hash }] of hashes.entries()) {
    const raw = Buffer.from(signatures[index] ?? '', 'base64url');
    // A digest that somebody else computed is checked as it is: Node's library would hash it once more.
    if (raw.length !== 64 || !p256.verify(raw, hash, key, { prehash: false, lowS: false })) throw wrongSignature();
    await signingOf(transaction)
      .updateTable('signing.remote_hash')
      .set({ signature: ecdsaSignatureFromRaw(raw) })
      .where('authorisation_id', '=', authorisation_id)
      .where('position', '=', position)
      .execute();
  }
}

/** The uncompressed point of a certificate's P-256 key (SEC 1 §2.3.3). */
function publicPoint(certificate: Buffer): Buffer {
  const { x = '', y = '' } = createPublicKey(
    new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'pem' }),
  ).export({ format: 'jwk' });
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

/** The person does not want to, or the hashes are not theirs: the app gets nothing. */
export async function refuseAuthorisation(
  context: ServiceContext,
  id: string,
  { personId }: PersonActor,
): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    const authorisation = await lockOwn(transaction, id, personId);
    if (authorisation.state !== 'waiting') throw isOver(authorisation);
    await closeAuthorisation(transaction, authorisation, 'refused', 'signing/refused-by-person');
  });
}

async function lockOwn(transaction: Transaction, id: string, personId: string): Promise<AuthorisationRow> {
  const found = await signingOf(transaction)
    .selectFrom('signing.remote_authorisation')
    .selectAll()
    .where('id', '=', id)
    .where('person_id', '=', personId)
    .forUpdate()
    .executeTakeFirst();
  if (found) return found;
  throw noAuthorisation();
}

export function noAuthorisation(): NotFound {
  return new NotFound('signing/no-authorisation', {
    vi: 'Không có yêu cầu ký này.',
    en: 'There is no such request to sign.',
  });
}

function isOver({ state }: AuthorisationRow): Conflict {
  if (state === 'expired') return expired();
  return new Conflict('signing/session-used', {
    vi: 'Yêu cầu ký này đã được trả lời.',
    en: 'This request to sign has been answered.',
  });
}

function expired(): Conflict {
  return new Conflict(
    'signing/session-expired',
    {
      vi: 'Yêu cầu ký đã hết hạn sau 5 phút. Chưa có gì được ký.',
      en: 'The request to sign expired after 5 minutes. Nothing was signed.',
    },
    { remedy: { vi: 'Quay lại ứng dụng và trình ký lại.', en: 'Go back to the app and ask again.' } },
  );
}

function wrongSignature(): InvalidInput {
  return new InvalidInput('signing/wrong-signature', {
    vi: 'Chữ ký của điện thoại không khớp với mã băm. Chưa có gì được ký.',
    en: "The phone's signature does not match the hash. Nothing was signed.",
  });
}
