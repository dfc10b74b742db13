import type { Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import type { Selectable } from 'kysely';
import { type CertsTables, certsOf, type KeyCustody } from '../tables.ts';
import type { CertifiedParty } from './subject.ts';

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
