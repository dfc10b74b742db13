import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { findSigners, type Signer } from '@edutrust/registry/permissions';
import { sql } from 'kysely';

// What signing reads of the registry: read only, in the form that documents and lists need (ADR 0036).

/**
 * The one who signs for the organisation: the one named, else its first signer.
 *
 * @throws Conflict `signing/no-signer`
 */
export async function signerOf(db: Database | Transaction, organisationId: string, personId?: string): Promise<Signer> {
  const [found] = await findSigners(db, { organisationId, ...(personId ? { personId } : {}) });
  if (found) return found;
  throw new Conflict(
    'signing/no-signer',
    {
      vi: 'Đơn vị này chưa có người có quyền ký (hoặc người được chọn không có quyền ký ở đây).',
      en: 'Nobody may sign for this organisation, or the person chosen may not.',
    },
    {
      remedy: {
        vi: 'Nhờ quản trị của Sở giao vai trò «người ký».',
        en: 'Ask the department to grant the role "signer".',
      },
    },
  );
}

export interface ClassForTranscripts {
  readonly id: string;
  readonly code: string;
  readonly schoolYear: number;
  readonly organisationId: string;
  readonly organisationName: string;
  /** Name of the root of the tree: the department. */
  readonly departmentName: string;
  readonly homeroomTeacher: string | null;
}

/** @throws NotFound */
export async function findClassForTranscripts(
  db: Database | Transaction,
  classId: string,
): Promise<ClassForTranscripts> {
  const { rows } = await sql<ClassForTranscripts>`
    SELECT c.id, c.code, c.school_year AS "schoolYear", o.id AS "organisationId", o.name AS "organisationName",
      root.name AS "departmentName", t.full_name AS "homeroomTeacher"
    FROM registry.class AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
    JOIN registry.organisation AS root ON root.id = o.path[1]
    LEFT JOIN registry.person AS t ON t.id = c.homeroom_teacher_id
    WHERE c.id = ${classId}`.execute(db);
  if (!rows[0]) throw new NotFound('classes/not-found', { vi: 'Không có lớp này.', en: 'There is no such class.' });
  return rows[0];
}

export interface Learner {
  readonly personId: string;
  readonly educationId: string;
  readonly fullName: string;
  readonly birthDate: string | null;
  readonly gender: 'female' | 'male' | null;
}

/** The learners of the class. */
export async function listClassLearners(db: Database | Transaction, classId: string): Promise<Learner[]> {
  const { rows } = await sql<Learner>`
    SELECT p.id AS "personId", p.education_id AS "educationId", p.full_name AS "fullName", p.birth_date AS "birthDate", p.gender
    FROM registry.enrolment AS e JOIN registry.person AS p ON p.id = e.person_id
    WHERE e.class_id = ${classId} AND e.valid_until IS NULL AND p.status = 'active' ORDER BY p.id`.execute(db);
  return rows;
}
