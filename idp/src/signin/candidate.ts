import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import { parseEducationId } from '@edutrust/registry/education-id';
import { passwordHashOf } from '../password/attestation.ts';

/** Who is named at a sign-in, with all that judging a password asks of them. */
export interface Candidate {
  readonly personId: string;
  readonly personStatus: 'active' | 'left' | 'merged';
  readonly account: {
    readonly status: 'invited' | 'active' | 'suspended';
    /** As this program made it; null for none, and for one that somebody else wrote. */
    readonly passwordHash: string | null;
    readonly epoch: string;
  } | null;
  /** A learner and nothing else. */
  readonly isPupil: boolean;
}

interface CandidateRow {
  id: string;
  person_status: Candidate['personStatus'];
  status: 'invited' | 'active' | 'suspended' | null;
  password_hash: string | null;
  password_attestation: Buffer | null;
  epoch: string | null;
  is_pupil: boolean;
}

const find = statement<CandidateRow, [educationId: string]>(
  'idp.sign-in-candidate',
  `SELECT p.id, p.status AS person_status, a.status, a.password_hash, a.password_attestation, a.epoch,
     coalesce((SELECT bool_and(f.role = 'learner') FROM registry.affiliation AS f
       WHERE f.person_id = p.id AND f.valid_until IS NULL), false) AS is_pupil
   FROM registry.person AS p LEFT JOIN idp.account AS a ON a.person_id = p.id
   WHERE p.id = coalesce(
     (SELECT person_id FROM registry.education_id_alias WHERE education_id = $1),
     (SELECT id FROM registry.person WHERE education_id = $1))`,
);

/** The person of an education ID, also of one that was theirs before; the same work for an ID that nobody has (A3). */
export async function findCandidate(
  { db, secrets }: Pick<ServiceContext, 'db' | 'secrets'>,
  identifier: string,
): Promise<Candidate | undefined> {
  const [row] = await find(db, educationIdOf(identifier) ?? '');
  if (!row) return undefined;
  const { id: personId, person_status: personStatus, status, epoch } = row;
  const passwordHash = passwordHashOf(secrets, { ...row, person_id: personId });
  const account = status === null || epoch === null ? null : { status, passwordHash, epoch };
  return { personId, personStatus, account, isPupil: row.is_pupil };
}

/** Undefined for what is no education ID at all. */
function educationIdOf(text: string): string | undefined {
  try {
    return parseEducationId(text);
  } catch (error) {
    if (error instanceof InvalidInput) return undefined;
    throw error;
  }
}
