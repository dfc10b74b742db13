import { createHash } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { Sha256Hex, strict, Uuid } from '@edutrust/platform/schemas';
import { mustBeApproved } from '@edutrust/registry/approvals';
import { sql } from 'kysely';
import Type from 'typebox';
import type { EnrolmentRow } from './enrolment.ts';

/** Whose phone it is, as two people agreed to it. */
export const Named = {
  enrolmentId: Uuid,
  personId: Uuid,
  personName: Type.String(),
  educationId: Type.String(),
  organisationId: Uuid,
  organisationName: Type.String(),
  title: Type.String(),
  deviceName: Type.String(),
};
const Phone = Type.Object(
  {
    ...Named,
    custody: Type.Enum(['device', 'hsm']),
    /** SHA-256 of the SubjectPublicKeyInfo that is certified, hexadecimal. */
    keySha256: Sha256Hex,
    /** The passkey that will authorise signatures, base64url. */
    credentialId: Type.String(),
    credentialPublicKey: Type.String(),
  },
  strict,
);
export type Phone = Type.Static<typeof Phone>;

/** Which approval an enrolment has: its kind, and what it covers. */
export const phoneApproval = { kind: 'signing-phone.enrol', content: Phone };

/** Six digits of both keys: the signer reads them out from the phone, and the officer types what they heard. */
export function readOutCode(keySha256: string, credentialId: string): string {
  const hash = createHash('sha256')
    .update(Buffer.from(keySha256, 'hex'))
    .update(Buffer.from(credentialId, 'base64url'))
    .digest();
  return String(hash.readUIntBE(0, 6) % 1_000_000).padStart(6, '0');
}

export type Described = Pick<
  EnrolmentRow,
  | 'id'
  | 'person_id'
  | 'organisation_id'
  | 'title'
  | 'custody'
  | 'device_name'
  | 'credential_id'
  | 'credential_public_key'
  | 'public_key_spki'
>;

export async function namesOf(transaction: Transaction, row: Described) {
  const { rows } = await sql<{ personName: string; educationId: string; organisationName: string }>`
    SELECT p.full_name AS "personName", p.education_id AS "educationId", o.name AS "organisationName"
    FROM registry.person AS p, registry.organisation AS o
    WHERE p.id = ${row.person_id} AND p.status = 'active' AND o.id = ${row.organisation_id}`.execute(transaction);
  if (!rows[0]) throw new NotFound('people/not-found', { vi: 'Không có người này.', en: 'There is no such person.' });
  return {
    enrolmentId: row.id,
    personId: row.person_id,
    organisationId: row.organisation_id,
    title: row.title,
    deviceName: row.device_name,
    ...rows[0],
  };
}

/** What the approval of an enrolment covers, as the registry has it now. @throws NotFound */
export async function describePhone(transaction: Transaction, row: Described): Promise<Phone> {
  return {
    ...(await namesOf(transaction, row)),
    custody: row.custody,
    keySha256: createHash('sha256').update(row.public_key_spki).digest('hex'),
    credentialId: row.credential_id,
    credentialPublicKey: row.credential_public_key.toString('base64url'),
  };
}

/** @throws Conflict `signing/enrolment-changed` */
export function mustBeTheSame(now: Phone, covered: Phone): void {
  if ((Object.keys(covered) as (keyof Phone)[]).every((name) => now[name] === covered[name])) return;
  throw new Conflict(
    'signing/enrolment-changed',
    {
      vi: 'Họ tên, chức danh, đơn vị hoặc khoá đã khác với lúc đăng ký.',
      en: 'A name, the title, the organisation or the key has changed since the enrolment.',
    },
    { remedy: { vi: 'Người ký đăng ký lại trên điện thoại.', en: 'Ask the signer to enrol the phone again.' } },
  );
}

/**
 * What two people agreed to for this very enrolment. A row that somebody wrote or changed in the table (another key,
 * another passkey, another person) has no such approval.
 *
 * @throws Conflict `approvals/none`, `signing/enrolment-changed`
 */
export async function approvedPhone(
  { secrets }: Pick<ServiceContext, 'secrets'>,
  db: Database | Transaction,
  row: Described & Pick<EnrolmentRow, 'approval_id'>,
): Promise<Phone> {
  const covered = await mustBeApproved<Phone>(db, secrets, phoneApproval, row.approval_id);
  mustBeTheSame(
    {
      ...covered, // the names are what was approved, whatever the registry says now
      enrolmentId: row.id,
      personId: row.person_id,
      organisationId: row.organisation_id,
      custody: row.custody,
      keySha256: createHash('sha256').update(row.public_key_spki).digest('hex'),
      credentialId: row.credential_id,
      credentialPublicKey: row.credential_public_key.toString('base64url'),
    },
    covered,
  );
  return covered;
}
