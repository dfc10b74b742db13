import type { Actor, PersonActor } from '@edutrust/platform/actor';
import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { listClassesOfTeacher } from '../classes/classes.ts';
import { countHolders, scopeOf } from '../permissions/permissions.ts';

/** Counting stops here: a city's home page does not wait for a count of all its people. */
export const countedUpTo = 10_000;

/** What there is in the organisations that the caller fills; each number is exact below {@link countedUpTo}. */
export interface Filled {
  readonly wards: number;
  readonly schools: number;
  readonly schoolsWithAdministrator: number;
  readonly securityOfficers: number;
  readonly schoolsWithSigner: number;
  readonly schoolsWithClerk: number;
  readonly staff: number;
  readonly classes: number;
  readonly classesWithTeacher: number;
  readonly learners: number;
  readonly learnersWithGuardian: number;
}

/** The classes that the caller is class teacher of in that school year. */
export function ownClasses(db: Database, actor: PersonActor, schoolYear: number) {
  return listClassesOfTeacher(db, actor.personId, schoolYear);
}

/** How far the caller's organisations are filled; null for those who fill none. */
export async function filledBy(db: Database, actor: Actor, schoolYear: number): Promise<Filled | null> {
  const scope = scopeOf(actor, 'people.write');
  if (scope.length === 0) return null;
  const within = sql`o.path && ${scope}::uuid[]`;
  const current = sql`FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
    WHERE f.valid_until IS NULL AND ${within}`;
  const classes = sql`FROM registry.class AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
    WHERE c.school_year = ${schoolYear} AND ${within}`;
  const upTo = (rows: ReturnType<typeof sql>) => sql`(SELECT count(*) FROM (${rows} LIMIT ${countedUpTo}) AS counted)`;
  const [counted, administrators, officers, signers, clerks] = await Promise.all([
    sql<Omit<Filled, 'schoolsWithAdministrator' | 'securityOfficers' | 'schoolsWithSigner' | 'schoolsWithClerk'>>`SELECT
      ${upTo(sql`SELECT FROM registry.organisation AS o WHERE o.kind = 'ward' AND ${within}`)} AS wards,
      ${upTo(sql`SELECT FROM registry.organisation AS o WHERE o.kind IN ('school', 'centre') AND ${within}`)} AS schools,
      ${upTo(sql`SELECT ${current} AND f.role IN ('teacher', 'staff') AND o.kind IN ('school', 'centre')`)} AS staff,
      ${upTo(sql`SELECT ${classes}`)} AS classes,
      ${upTo(sql`SELECT ${classes} AND c.homeroom_teacher_id IS NOT NULL`)} AS "classesWithTeacher",
      ${upTo(sql`SELECT ${current} AND f.role = 'learner'`)} AS learners,
      ${upTo(sql`SELECT ${current} AND f.role = 'learner' AND EXISTS (SELECT FROM registry.guardianship AS g
        WHERE g.child_id = f.person_id AND g.valid_until IS NULL)`)} AS "learnersWithGuardian"`.execute(db),
    countHolders(db, 'school-administrator', scope),
    countHolders(db, 'security-officer', scope),
    countHolders(db, 'signer', scope),
    countHolders(db, 'clerk', scope),
  ]);
  const [row] = counted.rows;
  if (!row) return null;
  return {
    ...row,
    schoolsWithAdministrator: administrators.organisations,
    securityOfficers: officers.people,
    schoolsWithSigner: signers.organisations,
    schoolsWithClerk: clerks.organisations,
  };
}
