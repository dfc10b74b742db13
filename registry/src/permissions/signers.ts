import type { Database, Transaction } from '@edutrust/platform/database';
import type { SecretBox } from '@edutrust/platform/secrets';
import { sql } from 'kysely';
import { isAttestedRole } from './attestation.ts';
import type { Role } from './roles.ts';

/** A signer of an organisation, with the title that stands under the signature. */
export interface Signer {
  readonly personId: string;
  readonly educationId: string;
  readonly fullName: string;
  readonly title: string;
  readonly organisationId: string;
  readonly organisationName: string;
  /** As what the person belongs to the organisation: a teacher signs for a class, staff for the organisation. */
  readonly affiliation: 'teacher' | 'staff' | null;
}

/** Titles of officials who hold the role but have none on their affiliation. */
const plainTitle = 'Người ký';

/** Roles whose holders confirm on a phone of their own: with a signature, or with the organisation's seal. */
export type SigningRole = 'signer' | 'clerk';

/** A transaction stands for the database where what is found is acted on. */
export interface SignerTools {
  readonly db: Database | Transaction;
  readonly secrets: SecretBox;
}

/**
 * Those who hold the role (`signer` when none is named) now: in the organisation or above it, the nearest first, or of
 * one person. Only by roles that this program granted: who writes one into the table signs nothing (Q3, ADR 0089).
 */
export async function findSigners(
  { db, secrets }: SignerTools,
  which: {
    readonly organisationId?: string;
    readonly personId?: string;
    readonly roles?: readonly SigningRole[];
  },
): Promise<Signer[]> {
  const roles = [...(which.roles ?? ['signer'])];
  const person = which.personId ? sql`AND p.id = ${which.personId}` : sql``;
  const organisation = which.organisationId
    ? sql`AND o.id IN (SELECT unnest(path) FROM registry.organisation WHERE id = ${which.organisationId})`
    : sql``;
  interface Row extends Signer {
    readonly id: string;
    readonly role: Role;
    readonly attestation: Buffer | null;
  }
  const { rows } = await sql<Row>`
    SELECT r.id, r.role, r.attestation, p.id AS "personId", p.education_id AS "educationId", p.full_name AS "fullName",
      coalesce((SELECT f.title FROM registry.affiliation AS f
        WHERE f.person_id = p.id AND f.organisation_id = o.id AND f.valid_until IS NULL AND f.title IS NOT NULL
        ORDER BY f.id LIMIT 1), ${plainTitle}) AS title,
      o.id AS "organisationId", o.name AS "organisationName",
      (SELECT f.role FROM registry.affiliation AS f
        WHERE f.person_id = p.id AND f.organisation_id = o.id AND f.valid_until IS NULL AND f.role IN ('teacher', 'staff')
        ORDER BY f.title IS NULL, f.id LIMIT 1) AS affiliation
    FROM registry.role_assignment AS r JOIN registry.person AS p ON p.id = r.person_id
    JOIN registry.organisation AS o ON o.id = r.organisation_id
    WHERE r.role = ANY(${roles}::text[]) AND r.ended_at IS NULL AND p.status = 'active' ${person} ${organisation}
    ORDER BY cardinality(o.path) DESC, r.granted_at LIMIT 200`.execute(db);
  return rows
    .filter(({ personId, organisationId, ...row }) =>
      isAttestedRole(secrets, { ...row, person_id: personId, organisation_id: organisationId }),
    )
    .map(({ id: _id, role: _role, attestation: _attestation, ...signer }) => signer);
}
