import { createHash } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { Sha256Hex, strict, Uuid } from '@edutrust/platform/schemas';
import { mustBeApproved } from '@edutrust/registry/approvals';
import { type Selectable, sql } from 'kysely';
import Type from 'typebox';
import type { SigningTables } from '../tables.ts';
import { organisationIn, readTokenCertificate } from './certificate.ts';

/** A machine that seals with a school's token, as two people agree to it: whose it is, its key, the certificate. */
const Machine = Type.Object(
  {
    machineId: Uuid,
    personId: Uuid,
    personName: Type.String(),
    organisationId: Uuid,
    organisationName: Type.String(),
    machineName: Type.String(),
    /** SHA-256 of the machine's SubjectPublicKeyInfo. */
    keySha256: Sha256Hex,
    certificateSha256: Sha256Hex,
    certificateOrganisation: Type.String(),
    certificateSubject: Type.String(),
    certificateIssuer: Type.String(),
    certificateUntil: Type.String(),
  },
  strict,
);
export type Machine = Type.Static<typeof Machine>;

/** Which approval a machine has: its kind, and what it covers. */
export const machineApproval = { kind: 'sealing-machine.pair', content: Machine };

type Described = Pick<
  Selectable<SigningTables['signing.sealing_machine']>,
  'id' | 'person_id' | 'organisation_id' | 'name' | 'public_key' | 'certificate' | 'approval_id'
>;

const sha256Hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What the approval of a machine covers, as the registry has it now. @throws NotFound */
export async function describeMachine(
  db: Database | Transaction,
  row: Omit<Described, 'approval_id'>,
): Promise<Machine> {
  const { rows } = await sql<{ personName: string; organisationName: string }>`
    SELECT p.full_name AS "personName", o.name AS "organisationName" FROM registry.person AS p, registry.organisation AS o
    WHERE p.id = ${row.person_id} AND p.status = 'active' AND o.id = ${row.organisation_id}`.execute(db);
  if (!rows[0]) throw new NotFound('people/not-found', { vi: 'Không có người này.', en: 'There is no such person.' });
  const certificate = readTokenCertificate(row.certificate);
  return {
    machineId: row.id,
    personId: row.person_id,
    organisationId: row.organisation_id,
    machineName: row.name,
    keySha256: sha256Hex(row.public_key),
    certificateSha256: certificate.fingerprint,
    certificateOrganisation: organisationIn(certificate),
    certificateSubject: certificate.subject.toString(),
    certificateIssuer: certificate.issuer.toString(),
    certificateUntil: certificate.notAfter.toISOString().slice(0, 10),
    ...rows[0],
  };
}

/**
 * What two people agreed to for this very machine. A row that somebody wrote or changed in the table (another key, another
 * certificate, another school) has no such approval.
 *
 * @throws Conflict `approvals/none`, `sealing/machine-changed`
 */
export async function mustBeAgreed(
  { secrets }: Pick<ServiceContext, 'secrets'>,
  db: Database | Transaction,
  row: Described,
): Promise<void> {
  const covered = await mustBeApproved<Machine>(db, secrets, machineApproval, row.approval_id);
  const isSame =
    covered.machineId === row.id &&
    covered.personId === row.person_id &&
    covered.organisationId === row.organisation_id &&
    covered.keySha256 === sha256Hex(row.public_key) &&
    covered.certificateSha256 === sha256Hex(row.certificate);
  if (!isSame) throw machineChanged();
}

export function machineChanged(): Conflict {
  return new Conflict('sealing/machine-changed', {
    vi: 'Tên, khoá hoặc chứng thư của máy đã khác với lúc ghép.',
    en: 'A name, the key or the certificate has changed since the machine was paired.',
  });
}
