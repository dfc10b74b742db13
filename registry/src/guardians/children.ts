import { dateInVietnam } from '@edutrust/platform/calendar';
import type { Database, Transaction } from '@edutrust/platform/database';
import { isUuid } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import type { Relation } from './guardians.ts';

/** Until this birthday a guardian acts for the child (Civil Code 2015, articles 20 and 21). */
const comingOfAge = 18;
/** From this birthday a child is asked too, beside a guardian (Law 91/2025/QH15, article 24). */
const askedToo = 7;
/** From this birthday they are no child (Law on Children 2016, article 1): their consents and account are their own. */
const decidingAlone = 16;

/** A child, as its guardian sees it. */
export interface Child {
  readonly id: string;
  readonly fullName: string;
  readonly educationId: string;
  readonly relation: Relation;
  /** From 16: who knows what of them, and their account, is theirs alone; documents stay visible until they are of age. */
  readonly decidesAlone: boolean;
  /** A court left the guardian the child's documents alone. */
  readonly isLimited: boolean;
  /** Where the child learns now; null for both when nowhere. */
  readonly school: string | null;
  readonly className: string | null;
}

/** Whose guardianships count: of one who left only for what they said before, whose word does not fall with a job. */
interface Counting {
  readonly alsoOfWhoLeft?: boolean;
}

/**
 * The guardian's children and nobody else: guardianships of now, of children who are not of age. Who left reaches nobody:
 * a school that writes a guardian in again gives the children back.
 */
export async function listChildren(
  db: Database | Transaction,
  guardianId: string,
  now: Date,
  { alsoOfWhoLeft = false }: Counting = {},
): Promise<Child[]> {
  if (!isUuid(guardianId)) return [];
  const { rows } = await sql<Child>`
    SELECT p.id, p.full_name AS "fullName", p.education_id AS "educationId", g.relation,
      coalesce(p.birth_date + make_interval(years => ${decidingAlone}) <= ${dateInVietnam(now)}::date, false) AS "decidesAlone",
      ${scopeOn(now)} = 'documents' AS "isLimited", at.school, at."className"
    FROM registry.guardianship AS g
    JOIN registry.person AS q ON q.id = g.guardian_id AND (${alsoOfWhoLeft} OR q.status = 'active')
    JOIN registry.person AS p ON p.id = g.child_id AND p.status NOT IN ('merged', 'erased')
    LEFT JOIN LATERAL (
      SELECT o.name AS school, (
        SELECT c.code FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
        WHERE e.person_id = p.id AND e.valid_until IS NULL AND c.organisation_id = o.id
        ORDER BY c.school_year DESC LIMIT 1) AS "className"
      FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
      WHERE f.person_id = p.id AND f.role = 'learner' AND f.valid_until IS NULL
      ORDER BY f.valid_from DESC, f.id DESC LIMIT 1) AS at ON true
    WHERE g.guardian_id = ${guardianId} AND g.valid_until IS NULL AND ${scopeOn(now)} <> 'none'
      AND (p.birth_date IS NULL OR p.birth_date + make_interval(years => ${comingOfAge}) > ${dateInVietnam(now)}::date)
    ORDER BY p.birth_date, p.id`.execute(db);
  return rows;
}

/** What a guardianship `g` is worth on the day: a limit that is over is none. */
const scopeOn = (now: Date) => sql`CASE WHEN g.scope_until <= ${dateInVietnam(now)}::date THEN 'full' ELSE g.scope END`;

/** Whether the guardian decides for the person now: one of their children, not yet 16, and no court says otherwise. */
export async function decidesFor(
  db: Database | Transaction,
  guardianId: string,
  childId: string,
  now: Date,
  counting: Counting = {},
): Promise<boolean> {
  return (await listChildren(db, guardianId, now, counting)).some(
    ({ id, decidesAlone, isLimited }) => id === childId && !decidesAlone && !isLimited,
  );
}

/** Whether guardians decide for the person now: until 16, and where no date of birth is known for a child who has one. */
export async function isDecidedFor(db: Database | Transaction, personId: string, now: Date): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM registry.person AS p WHERE id = ${personId} AND (
      birth_date + make_interval(years => ${decidingAlone}) > ${dateInVietnam(now)}::date OR birth_date IS NULL AND EXISTS (
        SELECT FROM registry.guardianship AS g WHERE g.child_id = p.id AND g.valid_until IS NULL))`.execute(db);
  return rows.length > 0;
}

/**
 * Whose word lets an app that their school did not approve have data of the person: their own; a child's and a guardian's;
 * under 7 a guardian's. A child without a date of birth is asked, and so is the guardian.
 */
export async function whoConsents(
  db: Database | Transaction,
  personId: string,
  now: Date,
): Promise<'self' | 'both' | 'guardian'> {
  if (!(await isDecidedFor(db, personId, now))) return 'self';
  const { rows } = await sql`
    SELECT FROM registry.person WHERE id = ${personId}
      AND birth_date + make_interval(years => ${askedToo}) > ${dateInVietnam(now)}::date`.execute(db);
  return rows.length > 0 ? 'guardian' : 'both';
}

/** The guardians who decide for the child now. */
export async function decidersOf(
  db: Database | Transaction,
  childId: string,
  now: Date,
): Promise<{ readonly id: string; readonly relation: Relation }[]> {
  const { rows } = await sql<{ id: string; relation: Relation }>`
    SELECT guardian_id AS id, relation FROM registry.guardianship WHERE child_id = ${childId} AND valid_until IS NULL`.execute(
    db,
  );
  const decide = await Promise.all(rows.map(({ id }) => decidesFor(db, id, childId, now)));
  return rows.filter((_, index) => decide[index]);
}

/** Whether the person is one of the guardian's children now. */
export async function isChildOf(
  db: Database | Transaction,
  guardianId: string,
  childId: string,
  now: Date,
): Promise<boolean> {
  return (await listChildren(db, guardianId, now)).some(({ id }) => id === childId);
}
