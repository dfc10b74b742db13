import { X509Certificate } from 'node:crypto';
import { chainAbove } from '@edutrust/certs/authority';
import { parseCertificate } from '@edutrust/certs/certificate';
import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';
import { invalidRequest } from './csc-error.ts';
import { mostSignatures, oids } from './request.ts';

/** A person's signing key as the API names it: by its enrolment, whose certificate may be renewed. */
export interface Credential {
  readonly id: string;
  readonly custody: 'device' | 'hsm';
  /** DER. */
  readonly certificate: Buffer;
  readonly issuerId: string;
  readonly isRevoked: boolean;
  readonly isEnrolled: boolean;
}

/** What of a credential is asked for (CSC API §11.4). */
export interface CredentialWish {
  readonly certificates: 'none' | 'single' | 'chain';
  readonly certInfo: boolean;
  readonly authInfo: boolean;
  /** How the app asks the person: in its own sign-in, or on the phone. */
  readonly mode: 'oauth2code' | 'explicit';
}

/** The one credential that a person has, if there is one. */
export async function credentialsOf({ db }: Pick<ServiceContext, 'db'>, personId: string): Promise<Credential[]> {
  const { rows } = await sql<Credential>`
    SELECT e.id, e.custody, c.der AS certificate, c.issuer_id AS "issuerId", c.revoked_at IS NOT NULL AS "isRevoked",
      e.state = 'enrolled' AS "isEnrolled"
    FROM signing.enrolment AS e JOIN certs.certificate AS c ON c.serial = e.certificate_serial
    WHERE e.person_id = ${personId} AND e.state = 'enrolled'`.execute(db);
  return rows;
}

/** @throws CscError */
export async function mustBeCredential(
  context: Pick<ServiceContext, 'db'>,
  personId: string,
  credentialId: string,
): Promise<Credential> {
  const found = (await credentialsOf(context, personId)).find(({ id }) => id === credentialId);
  if (!found) throw invalidRequest('Invalid parameter credentialID');
  return found;
}

export const isUsable = (credential: Credential, now: Date): boolean => statusOf(credential, now) === 'valid';

function statusOf({ certificate, isRevoked }: Credential, now: Date): 'valid' | 'expired' | 'revoked' {
  if (isRevoked) return 'revoked';
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  return now >= validFromDate && now < validToDate ? 'valid' : 'expired';
}

/** CredentialInfo of CSC API v2.2 §11.4, without `credentialID`. */
export async function credentialInfo(
  context: Pick<ServiceContext, 'db' | 'clock'>,
  credential: Credential,
  { certificates, certInfo, authInfo, mode }: CredentialWish,
) {
  const now = context.clock.now();
  const { certificate: der, issuerId, custody } = credential;
  const chain =
    certificates === 'none' ? [] : [der, ...(certificates === 'chain' ? await chainAbove(context, issuerId) : [])];
  return {
    description:
      custody === 'device'
        ? 'The signer’s phone holds the key and signs each hash; signHash only'
        : 'The key store holds the key; the signer’s phone authorises each use',
    key: {
      status: isUsable(credential, now) ? 'enabled' : 'disabled',
      algo: [oids.ecdsaWithSha256],
      len: 256,
      curve: oids.p256,
    },
    cert: {
      status: statusOf(credential, now),
      ...(chain.length > 0 ? { certificates: chain.map((one) => one.toString('base64')) } : {}),
      ...(certInfo ? namesOf(der) : {}),
    },
    auth: {
      mode,
      ...(mode === 'explicit' && authInfo ? { expression: phone.id } : {}),
      ...(mode === 'explicit' ? { objects: [phone] } : {}),
    },
    SCAL: '2',
    multisign: mostSignatures,
    lang: 'en',
  };
}

/** The one way to authorise: on the phone, which shows the hashes (CSC API §8.3.1.5). */
export const phone = {
  type: 'ChallengeResponseOOB',
  id: 'phone',
  label: 'EduTrust on the signer’s phone',
  description: 'The signer opens the signing page on the phone and confirms the hashes with the passkey',
} as const;

function namesOf(der: Buffer) {
  const { issuer, subject, serialHex, notBefore, notAfter } = parseCertificate(der);
  return {
    issuerDN: issuer.toString(),
    serialNumber: serialHex.toUpperCase(),
    subjectDN: subject.toString(),
    validFrom: generalizedTime(notBefore),
    validTo: generalizedTime(notAfter),
  };
}

/** `YYYYMMDDHHMMSSZ` (RFC 5280 §4.1.2.5.2). */
const generalizedTime = (time: Date) => `${time.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
