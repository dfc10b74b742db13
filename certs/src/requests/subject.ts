import { Conflict } from '@edutrust/platform/errors';
import { findOrganisation } from '@edutrust/registry/organisations';
import { findSigners, type SignerTools } from '@edutrust/registry/permissions';
import type { CertificateSubject } from '../authority/authority.ts';

/** Whom a certificate is for, by the registry. */
export interface CertifiedParty {
  readonly organisationId: string;
  /** Null: the organisation itself, for its seal. */
  readonly personId: string | null;
}

/**
 * What the certificate would say, from the registry as it is now: the organisation's name and code, or the person's name,
 * education ID, title and organisation.
 *
 * @throws NotFound; Conflict `certificate-requests/not-a-signer` for a person who does not sign for that organisation.
 */
export async function findSubject(
  tools: SignerTools,
  { organisationId, personId }: CertifiedParty,
): Promise<CertificateSubject> {
  if (!personId) {
    const { name, code } = await findOrganisation(tools.db, organisationId);
    return { commonName: name, organisation: name, organisationCode: code };
  }
  const signer = await findSignerOf(tools, organisationId, personId);
  if (!signer) {
    throw new Conflict(
      'certificate-requests/not-a-signer',
      {
        vi: 'Người này không có vai trò «người ký» ở đơn vị này.',
        en: 'The person does not hold the role "signer" in this organisation.',
      },
      {
        remedy: {
          vi: 'Nhờ quản trị của Sở giao vai trò «người ký» trước.',
          en: 'Ask the department to grant the role "signer" first.',
        },
      },
    );
  }
  return {
    commonName: signer.fullName,
    serialNumber: signer.educationId,
    organisation: signer.organisationName,
    title: signer.title,
  };
}

/** The person as a signer of exactly this organisation; one above it signs under its own name. */
export async function findSignerOf(tools: SignerTools, organisationId: string, personId: string) {
  const signers = await findSigners(tools, { organisationId, personId });
  return signers.find((signer) => signer.organisationId === organisationId);
}
