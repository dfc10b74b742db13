import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import type { Actor } from '@edutrust/platform/http';
import { uuidv7 } from '@edutrust/platform/ids';
import { type Selectable, sql } from 'kysely';
import { mustBeCertifiable } from '../authority/authority.ts';
import { type CertsTables, certsOf, type KeyCustody } from '../tables.ts';
import { keyHash, readProvenKey } from './key.ts';
import { keyOfRenewed, mustBeRenewable, mustBeYoungKey } from './renewal.ts';
import { mustMove } from './states.ts';
import { type CertifiedParty, findSubject } from './subject.ts';

export type PersonActor = Extract<Actor, { kind: 'person' }>;
export type RequestRow = Selectable<CertsTables['certs.request']>;

/** What an officer asks for: the seal of an organisation, or the certificate of a person who signs for it. */
export interface WantedCertificate extends CertifiedParty {
  readonly custody: KeyCustody;
  /** PKCS #10 of an outside key, PEM or base64; absent to renew with the key that the renewed certificate has. */
  readonly csr?: string;
  /** Serial number of the certificate that this one follows. */
  readonly renews?: string;
}

/** What {@link issueCertificate} keeps apart: a request, one certificate. */
export const requestKeyOf = (id: string): string => `certificate-request/${id}`;

/**
 * Asks for a certificate; a second officer decides. Idempotent by organisation, person, key and renewed certificate while
 * the request is open: the same one is given again.
 *
 * @throws InvalidInput for a PKCS #10 request or a combination that cannot be used; Conflict for a key or a renewal that
 *   is not possible; NotFound.
 */
export async function askForCertificate(
  context: ServiceContext,
  wanted: WantedCertificate,
  actor: PersonActor,
): Promise<string> {
  const { personId, organisationId, custody, renews } = wanted;
  mustFitTogether(wanted);
  const proven = wanted.csr === undefined ? undefined : readProvenKey(wanted.csr);
  const now = context.clock.now();
  return context.db.transaction().execute(async (transaction) => {
    const subject = await findSubject(transaction, wanted);
    const renewed = renews ? await mustBeRenewable(transaction, { renews, ...wanted, now }) : undefined;
    const publicKey =
      custody === 'key-store' ? null : (proven?.publicKey ?? (await keyOfRenewed(transaction, renewed?.serial ?? '')));
    const hash = publicKey && keyHash(publicKey);
    const existing = await findOpen(transaction, wanted, hash);
    if (existing) return existing;
    if (renewed?.isBeingRenewed) throw renewedAlready();
    const id = uuidv7();
    const profile = personId ? 'official' : 'seal';
    if (publicKey) {
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
    const inserted = await certsOf(transaction)
      .insertInto('certs.request')
      .values({
        id,
        profile,
        organisation_id: organisationId,
        person_id: personId,
        custody,
        state: 'waiting',
        public_key: publicKey,
        public_key_sha256: hash,
        csr: proven?.csr ?? null,
        key_id: null,
        renews: renews ?? null,
        requested_by: actor.personId,
        requested_at: now,
        decided_by: null,
        decided_at: null,
        reason: null,
        certificate_serial: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    // the same was asked for at the same moment
    if (inserted.numInsertedOrUpdatedRows === 0n) return (await findOpen(transaction, wanted, hash)) ?? id;
    await record(transaction, {
      type: 'certificate-request.created',
      actor,
      subject: { kind: 'certificate-request', id },
      organisationId,
      data: {
        profile,
        custody,
        ...(personId ? { personId } : {}),
        ...(hash ? { keySha256: hash.toString('hex') } : {}),
        ...(renews ? { renews } : {}),
      },
    });
    return id;
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

/** @throws NotFound */
export async function lockRequest(transaction: Transaction, id: string): Promise<RequestRow> {
  const found = await certsOf(transaction)
    .selectFrom('certs.request')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (found) return found;
  throw noRequest();
}

export function noRequest(): NotFound {
  return new NotFound('certificate-requests/not-found', {
    vi: 'Không có yêu cầu chứng thư này.',
    en: 'There is no such certificate request.',
  });
}

/** Four eyes: nobody decides on what they asked for, nor on what is for themselves. */
export function mustBeSomebodyElse(request: RequestRow, actor: PersonActor): void {
  if (![request.requested_by, request.person_id].includes(actor.personId)) return;
  throw new Forbidden('certificate-requests/own-request', {
    vi: 'Bạn không thể tự duyệt hay từ chối yêu cầu do mình gửi hoặc cho chính mình. Cần một cán bộ khác.',
    en: 'You cannot decide on your own request, nor on one for yourself. Another officer must.',
  });
}

/** A second officer refuses. @throws Forbidden for one's own; Conflict when it is decided already; NotFound. */
export async function refuseRequest(
  { db, clock }: ServiceContext,
  id: string,
  reason: string,
  actor: PersonActor,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, id);
    mustBeSomebodyElse(request, actor);
    mustMove(request.state, 'refused');
    await certsOf(transaction)
      .updateTable('certs.request')
      .set({ state: 'refused', decided_by: actor.personId, decided_at: clock.now(), reason })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'certificate-request.refused',
      actor,
      subject: { kind: 'certificate-request', id },
      organisationId: request.organisation_id,
    });
  });
}

/** Those who asked no longer want it. @throws Conflict when it is decided already; NotFound. */
export async function withdrawRequest({ db, clock }: ServiceContext, id: string, actor: PersonActor): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, id);
    mustMove(request.state, 'withdrawn');
    await certsOf(transaction)
      .updateTable('certs.request')
      .set({ state: 'withdrawn', decided_at: clock.now() })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'certificate-request.withdrawn',
      actor,
      subject: { kind: 'certificate-request', id },
      organisationId: request.organisation_id,
    });
  });
}
