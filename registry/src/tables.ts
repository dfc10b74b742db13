import type { Database, Transaction } from '@edutrust/platform/database';
import type { ColumnType, Generated, Kysely, Transaction as KyselyTransaction } from 'kysely';
import type { Assertion } from './approvals/assertion.ts';
import type { Act } from './approvals/envelope.ts';
import type { ApprovalState } from './approvals/states.ts';

/** Set by the database, never written by us. */
type ReadOnly<Value> = ColumnType<Value, never, never>;

/** A type alias, because Kysely asks for an index signature, which an interface has not. */
export type RegistryTables = {
  'registry.organisation': {
    id: string;
    kind: OrganisationKind;
    level: SchoolLevel | null;
    code: string;
    name: string;
    folded_name: ReadOnly<string>;
    parent_id: string | null;
    path: string[];
    created_at: Generated<Date>;
  };
  'registry.person': {
    id: string;
    education_id: string;
    full_name: string;
    folded_name: ReadOnly<string>;
    /** `YYYY-MM-DD` */
    birth_date: string | null;
    gender: Gender | null;
    status: Generated<PersonStatus>;
    merged_into: string | null;
    /** Kept by the database with every change of an affiliation (migration `007-home-organisation`). */
    home_organisation_id: ReadOnly<string | null>;
    moet_id_sealed: Buffer | null;
    moet_id_index: Buffer | null;
    personal_number_sealed: Buffer | null;
    personal_number_index: Buffer | null;
    lifelong_code_sealed: Generated<Buffer | null>;
    lifelong_code_index: Generated<Buffer | null>;
    details: Generated<Record<string, string>>;
    /** Where notices go; never an identifier. */
    email: Generated<string | null>;
    version: Generated<number>;
    created_at: Generated<Date>;
  };
  'registry.education_id_alias': { education_id: string; person_id: string; since: Generated<Date> };
  'registry.affiliation': {
    id: string;
    person_id: string;
    organisation_id: string;
    role: AffiliationRole;
    title: string | null;
    valid_from: string;
    valid_until: string | null;
  };
  'registry.class': {
    id: string;
    organisation_id: string;
    school_year: number;
    code: string;
    grade: number;
    homeroom_teacher_id: string | null;
  };
  'registry.enrolment': {
    id: string;
    person_id: string;
    class_id: string;
    valid_from: string;
    valid_until: string | null;
  };
  'registry.guardianship': {
    id: string;
    guardian_id: string;
    child_id: string;
    relation: 'mother' | 'father' | 'guardian';
    valid_from: string;
    valid_until: string | null;
    scope: Generated<'full' | 'documents' | 'none'>;
    scope_reason: Generated<string | null>;
    scope_until: Generated<string | null>;
  };
  'registry.role_assignment': {
    id: string;
    person_id: string;
    role: string;
    organisation_id: string;
    granted_at: Generated<Date>;
    ended_at: Date | null;
    /** That this program granted it; see `permissions/attestation.ts`. */
    attestation: Generated<Buffer | null>;
  };
  'registry.approval': {
    id: string;
    kind: string;
    /** Canonical JSON (RFC 8785), and the SHA-256 of it. */
    envelope: string;
    digest: Buffer;
    content_sha256: Buffer;
    organisation_id: string;
    approve_action: string;
    concerns_id: string | null;
    maker_id: string;
    approver_id: Generated<string | null>;
    state: ApprovalState;
    reason: Generated<string | null>;
    wrong_codes: Generated<number>;
    created_at: Date;
    expires_at: Date;
    confirmed_at: Generated<Date | null>;
    closed_at: Generated<Date | null>;
    attestation: Generated<Buffer | null>;
    /** When a person whom it named was erased: the envelope is empty since. */
    erased_at: Generated<Date | null>;
  };
  'registry.approval_act': {
    approval_id: string;
    act: Act;
    person_id: string;
    at: Date;
    credential_id: string;
    public_key: Buffer;
    assertion: ColumnType<Assertion, string, never>;
    assertion_sha256: Buffer;
    attestation: Buffer;
  };
  'registry.approval_collect': { approval_id: string; person_id: string; sealed: Buffer; until: Date };
};

export type OrganisationKind = 'department' | 'ward' | 'school' | 'centre';
export type SchoolLevel =
  | 'preschool'
  | 'primary'
  | 'lower-secondary'
  | 'upper-secondary'
  | 'continuing'
  | 'multi-level';
export type Gender = 'female' | 'male';
/** The moves between them stand in `lifecycle/standing.ts`. */
export type PersonStatus = 'active' | 'left' | 'archived' | 'merged' | 'erased';
export type AffiliationRole = 'learner' | 'teacher' | 'staff' | 'guardian';

/** The registry's view of a database or a transaction that somebody hands us. */
export function registryOf(db: Transaction): KyselyTransaction<RegistryTables>;
export function registryOf(db: Database | Transaction): Kysely<RegistryTables>;
export function registryOf(db: Database | Transaction): Kysely<RegistryTables> {
  return (db as Database).withTables<RegistryTables>();
}
