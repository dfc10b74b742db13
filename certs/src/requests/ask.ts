import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { propose } from '@edutrust/registry/approvals';
import { sql } from 'kysely';
import { type CertificateSubject, mustBeCertifiable } from '../authority/authority.ts';
import { record } from '../events.ts';
import { certsOf } from '../tables.ts';
import { certifyKind } from './approval.ts';
import { keyHash, readProvenKey } from './key.ts';
import { keyOfRenewed, mustBeRenewable, mustBeYoungKey } from './renewal.ts';
import { requestKeyOf, type WantedCertificate } from './requests.ts';
import { findSubject } from './subject.ts';

/**
 * Asks for a certificate: the person who asks confirms it with a passkey, and a security officer decides. Idempotent by
 * organisation, person, key and renewed certificate while the request is open: the same one is given again.
 *
 * @throws InvalidInput for a PKCS #10 request or a combination that cannot be used; Conflict for a key or a renewal that
 *   is not possible; NotFound.
 */
export async function askForCertificate(
  context: ServiceContext,
  wanted: WantedCertificate,
  actor: PersonActor,
): Promise<string> {
  const { personId, custody, renews } = wanted;
  mustFitTogether(wanted);
  const proven = wanted.csr === undefined ? undefined : readProvenKey(wanted.csr);
  const now = context.clock.now();
  return context.db.transaction().execute(async (transaction) => {
    await oneAfterTheOther(transaction, wanted);
    const subject = await findSubject({ db: transaction, secrets: context.secrets }, wanted);
    const renewed = renews ? await mustBeRenewable(transaction, { renews, ...wanted, now }) : undefined;
    const publicKey =
      custody === 'key-store' ? null : (proven?.publicKey ?? (await keyOfRenewed(transaction, renewed?.serial ?? '')));
    const keySha256 = publicKey && keyHash(publicKey);
    const existing = await findOpen(transaction, wanted, keySha256);
    if (existing) return existing;
    if (renewed?.isBeingRenewed) throw renewedAlready();
    const profile = personId ? 'official' : 'seal';
    const asked: AskedFor = { id: uuidv7(), profile, wanted, subject, publicKey, keySha256, csr: proven?.csr ?? null };
    await mustBeCertifiableKey(context, transaction, asked, now);
    const approvalId = await proposeToCertify(context, transaction, asked, actor);
    await keepRequest(transaction, asked, { approvalId, requestedBy: actor.personId, requestedAt: now });
    await recordAsked(transaction, asked, actor);
    return asked.id;
  });
}

/** A wanted certificate with what the registry says of its subject, and its key unless our key store will make one. */
interface AskedFor {
  readonly id: string;
  readonly profile: 'official' | 'seal';
  readonly wanted: WantedCertificate;
  readonly subject: CertificateSubject;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer | null;
  readonly keySha256: Buffer | null;
  /** CertificationRequest, DER: the proof that its sender holds the key. */
  readonly csr: Buffer | null;
}

/** What an outside key would be refused for at the approval is refused now. */
async function mustBeCertifiableKey(
  context: ServiceContext,
  transaction: Transaction,
  { id, profile, wanted, subject, publicKey }: AskedFor,
  now: Date,
): Promise<void> {
  if (!publicKey) return;
  const { organisationId, personId } = wanted;
  await mustBeYoungKey(transaction, publicKey, now);
  await mustBeCertifiable(context, transaction, {
    profile,
    subject,
    publicKey,
    organisationId,
    ...(personId ? { personId } : {}),
    requestKey: requestKeyOf(id),
  });
}

/** Puts before the two people what exactly would be certified; the id of the approval. */
async function proposeToCertify(
  context: ServiceContext,
  transaction: Transaction,
  { id, profile, wanted, subject, keySha256 }: AskedFor,
  actor: PersonActor,
): Promise<string> {
  const { custody, organisationId, personId, renews } = wanted;
  const content = {
    requestId: id,
    profile,
    custody,
    organisationId,
    ...(await namesOf(transaction, wanted)),
    personId,
    subject: { ...subject },
    keySha256: keySha256?.toString('hex') ?? null,
    renews: renews ?? null,
  };
  const { approval } = await propose(transaction, context, certifyKind, { content, organisationId }, actor);
  return approval.id;
}

/** Of two that ask for the same at the same moment, the second finds what the first asked for. */
async function oneAfterTheOther(
  transaction: Transaction,
  { organisationId, personId }: WantedCertificate,
): Promise<void> {
  await sql`
    SELECT pg_advisory_xact_lock(hashtextextended(${`edutrust.certs.ask.${organisationId}.${personId ?? ''}`}, 0))`.execute(
    transaction,
  );
}

async function keepRequest(
  transaction: Transaction,
  { id, profile, wanted, publicKey, keySha256, csr }: AskedFor,
  asked: { readonly approvalId: string; readonly requestedBy: string; readonly requestedAt: Date },
): Promise<void> {
  await certsOf(transaction)
    .insertInto('certs.request')
    .values({
      id,
      profile,
      organisation_id: wanted.organisationId,
      person_id: wanted.personId,
      custody: wanted.custody,
      state: 'waiting',
      public_key: publicKey,
      public_key_sha256: keySha256,
      csr,
      key_id: null,
      renews: wanted.renews ?? null,
      requested_by: asked.requestedBy,
      requested_at: asked.requestedAt,
      decided_by: null,
      decided_at: null,
      reason: null,
      certificate_serial: null,
      approval_id: asked.approvalId,
    })
    .execute();
}

async function recordAsked(
  transaction: Transaction,
  { id, profile, wanted, keySha256 }: AskedFor,
  actor: PersonActor,
): Promise<void> {
  const { custody, organisationId, personId, renews } = wanted;
  await record(transaction, {
    type: 'certificate-request.created',
    actor,
    subject: { kind: 'certificate-request', id },
    organisationId,
    data: {
      profile,
      custody,
      ...(personId ? { personId } : {}),
      ...(keySha256 ? { keySha256: keySha256.toString('hex') } : {}),
      ...(renews ? { renews } : {}),
    },
  });
}

function mustFitTogether({ custody, csr, personId, renews }: WantedCertificate): void {
  if (custody === 'key-store' && personId) {
    throw new InvalidInput('certificate-requests/persons-hold-keys', {
      vi: 'Khoá của một người do chính người đó giữ: đăng ký trên điện thoại, hoặc tải yêu cầu (CSR) của USB token lên.',
      en: 'A person holds their own key: enrol on the phone, or upload the request (CSR) of a token.',
    });
  }
  if (custody === 'key-store' && csr !== undefined) {
    throw new InvalidInput('certificate-requests/two-keys', {
      vi: 'Khoá trong kho khoá được tạo khi duyệt, nên không tải yêu cầu (CSR) lên.',
      en: 'A key of the key store is made at the approval: no request (CSR) is uploaded.',
    });
  }
  if (custody === 'outside' && csr === undefined && renews === undefined) {
    throw new InvalidInput('certificate-requests/no-key', {
      vi: 'Chưa có yêu cầu (CSR) của khoá cần chứng nhận.',
      en: 'The request (CSR) of the key to certify is missing.',
    });
  }
}

async function findOpen(
  transaction: Transaction,
  { organisationId, personId, renews }: WantedCertificate,
  hash: Buffer | null,
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM certs.request
    WHERE organisation_id = ${organisationId} AND person_id IS NOT DISTINCT FROM ${personId}::uuid
      AND public_key_sha256 IS NOT DISTINCT FROM ${hash}::bytea AND renews IS NOT DISTINCT FROM ${renews ?? null}::text
      AND state IN ('waiting', 'approved')`.execute(transaction);
  return rows[0]?.id;
}

function renewedAlready(): Conflict {
  return new Conflict('certificate-requests/renewed-already', {
    vi: 'Chứng thư này đã được cấp tiếp, hoặc đã có yêu cầu cấp tiếp đang mở.',
    en: 'This certificate has been renewed, or a request to renew it is open.',
  });
}

async function namesOf(transaction: Transaction, { organisationId, personId }: WantedCertificate) {
  const { rows } = await sql<{ organisationName: string; personName: string | null }>`
    SELECT o.name AS "organisationName", (SELECT full_name FROM registry.person WHERE id = ${personId}::uuid) AS "personName"
    FROM registry.organisation AS o WHERE o.id = ${organisationId}`.execute(transaction);
  return { organisationName: rows[0]?.organisationName ?? '', personName: rows[0]?.personName ?? null };
}
