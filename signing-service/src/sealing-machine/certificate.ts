import { trustMaterial } from '@edutrust/certs/authority';
import { attributeTypes, type Certificate, parseCertificate } from '@edutrust/certs/certificate';
import { DerError } from '@edutrust/certs/der';
import { documentSignerFault, validateInPast } from '@edutrust/certs/path';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { signingCertificate } from '../formats/signing-certificate.ts';

/** A certificate on a school's token with what says of it, DER. */
export interface TokenCertificate {
  readonly certificate: Buffer;
  /** Its issuers, the nearest first, without the root. */
  readonly issuers: readonly Buffer[];
  readonly crls: readonly Buffer[];
  readonly ocspResponses: readonly Buffer[];
}

/** @throws InvalidInput `sealing/unusable-certificate` for one that is damaged, for something else, or of a key that we do not sign with */
export function readTokenCertificate(der: Buffer): Certificate {
  try {
    signingCertificate(der).algorithm();
    const certificate = parseCertificate(der);
    const fault = documentSignerFault(certificate);
    if (fault) throw unusable(fault);
    return certificate;
  } catch (cause) {
    throw cause instanceof DerError ? unusable('damaged', cause) : cause;
  }
}

/**
 * The certificate leads to a root that is trusted here for documents, at this time, and none on the way is known to be
 * revoked. Gives whether the status of each is known.
 *
 * @throws InvalidInput `sealing/not-trusted`
 */
export async function mustBeTrusted(
  context: Pick<ServiceContext, 'db' | 'clock'>,
  { certificate, issuers, crls, ocspResponses }: TokenCertificate,
): Promise<boolean> {
  const ours = await trustMaterial(context);
  const now = context.clock.now();
  const path = validateInPast({
    leaf: certificate,
    anchors: ours.anchors,
    untrusted: [...ours.untrusted, ...issuers],
    crls: [...ours.crls, ...crls],
    ocsp: ocspResponses,
    moment: now,
    now,
    keyIdentifiers: 'optional', // ADR 0056
  });
  if (path.status === 'good') return path.isRevocationKnown;
  throw new InvalidInput(
    'sealing/not-trusted',
    {
      vi: 'Chứng thư trong thiết bị không được tin cậy ở đây, hoặc đã hết hạn, đã bị thu hồi.',
      en: `The token’s certificate is not trusted here: ${path.refused.sentence}.`,
    },
    {
      remedy: {
        vi: 'Nếu là chứng thư của Ban Cơ yếu Chính phủ hoặc CA được cấp phép, nhờ Sở thêm chứng thư gốc ở mục «Gốc tin cậy».',
        en: 'If the Government Cipher Committee or a licensed CA issued it, ask the department to add the root under “Trust anchors”.',
      },
    },
  );
}

/**
 * No other organisation seals with this certificate: neither by a machine that two people agreed to, nor by its issue.
 *
 * @throws Conflict `sealing/others-certificate`
 */
export async function mustBeOwn(
  db: Database | Transaction,
  { certificate, organisationId }: { readonly certificate: Buffer; readonly organisationId: string },
): Promise<void> {
  const { rows } = await sql`
    SELECT 1 FROM signing.sealing_machine WHERE certificate = ${certificate} AND paired_at IS NOT NULL
      AND organisation_id <> ${organisationId}
    UNION ALL
    SELECT 1 FROM certs.certificate WHERE der = ${certificate}
      AND (profile <> 'seal' OR organisation_id IS DISTINCT FROM ${organisationId}::uuid)`.execute(db);
  if (rows.length === 0) return;
  throw new Conflict('sealing/others-certificate', {
    vi: 'Chứng thư này là con dấu của đơn vị khác.',
    en: 'This certificate is the seal of another organisation.',
  });
}

/** The organisation as the certificate names it: O, else CN, else the whole name. */
export function organisationIn(certificate: Certificate): string {
  const attributes = certificate.subject.attributes.flat();
  const value = (type: string) => attributes.findLast((entry) => entry.type === type)?.value;
  return value(attributeTypes.organisation) ?? value(attributeTypes.commonName) ?? certificate.subject.toString();
}

/** What people compare with the token in their hand. */
export const certificateView = (certificate: Certificate) => ({
  organisation: organisationIn(certificate),
  subject: certificate.subject.toString(),
  issuer: certificate.issuer.toString(),
  notAfter: certificate.notAfter.toISOString(),
  sha256: certificate.fingerprint,
});

function unusable(fault: string, cause?: unknown): InvalidInput {
  return new InvalidInput(
    'sealing/unusable-certificate',
    {
      vi: 'Chứng thư trong thiết bị không dùng để ký văn bản được.',
      en: `The token’s certificate cannot seal documents: ${fault}.`,
    },
    { cause },
  );
}
