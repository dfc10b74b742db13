import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import { parseEducationId } from '@edutrust/registry/education-id';
import { lessonsOf } from '../lessons/lessons.ts';
import { passwordHashOf } from '../password/attestation.ts';
import { networkAddress, organisationsOfNetwork } from '../throttling/networks.ts';

/** Who is named at a sign-in, with all that judging a password asks of them. */
export interface Candidate {
  readonly personId: string;
  readonly personStatus: 'active' | 'left' | 'archived' | 'merged' | 'erased';
  readonly account: {
    readonly status: 'invited' | 'active' | 'suspended';
    /** As this program made it; null for none, and for one that somebody else wrote. */
    readonly passwordHash: string | null;
    readonly epoch: string;
  } | null;
  /** A learner and nothing else. */
  readonly isPupil: boolean;
  readonly hasSecondFactor: boolean;
  /** The class of the learner is in a lesson at the computers. */
  readonly hasLesson: boolean;
}

/** A candidate as far as there is one, and whose network the request comes from. */
export interface Found {
  readonly candidate: Candidate | undefined;
  readonly networkOf: readonly string[];
}

interface CandidateRow {
  network_of: string[];
  id: string | null;
  person_status: Candidate['personStatus'];
  status: 'invited' | 'active' | 'suspended' | null;
  password_hash: string | null;
  password_attestation: Buffer | null;
  epoch: string | null;
  is_pupil: boolean;
  has_second_factor: boolean;
  has_lesson: boolean;
}

const find = statement<CandidateRow, [educationId: string, address: string | null]>(
  'idp.sign-in-candidate',
  `SELECT ${organisationsOfNetwork('$2')} AS network_of,
     p.id, p.status AS person_status, a.status,
     CASE WHEN a.password_ends_at <= now() THEN NULL ELSE a.password_hash END AS password_hash, a.password_attestation, a.epoch,
     coalesce((SELECT bool_and(f.role = 'learner') FROM registry.affiliation AS f
       WHERE f.person_id = p.id AND f.valid_until IS NULL), false) AS is_pupil,
     EXISTS (SELECT FROM idp.second_factor AS f WHERE f.person_id = p.id) AS has_second_factor,
     EXISTS (${lessonsOf('p.id')}) AS has_lesson
   FROM (SELECT coalesce(
     (SELECT person_id FROM registry.education_id_alias WHERE education_id = $1),
     (SELECT id FROM registry.person WHERE education_id = $1)) AS id) AS named
   LEFT JOIN registry.person AS p ON p.id = named.id LEFT JOIN idp.account AS a ON a.person_id = p.id`,
);

/**
 * The person of an education ID, also of one that was theirs before, and whose network `address` is; the same work for an
 * ID that nobody has (A3).
 */
export async function findCandidate(
  { db, secrets }: Pick<ServiceContext, 'db' | 'secrets'>,
  identifier: string,
  address: string | undefined,
): Promise<Found> {
  const [row] = await find(db, educationIdOf(identifier) ?? '', networkAddress(address));
  const networkOf = row?.network_of ?? [];
  if (!row || row.id === null) return { candidate: undefined, networkOf };
  const { id: personId, person_status: personStatus, status, epoch } = row;
  const passwordHash = passwordHashOf(secrets, { ...row, person_id: personId });
  const account = status === null || epoch === null ? null : { status, passwordHash, epoch };
  const { is_pupil: isPupil, has_second_factor: hasSecondFactor, has_lesson: hasLesson } = row;
  return { candidate: { personId, personStatus, account, isPupil, hasSecondFactor, hasLesson }, networkOf };
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
