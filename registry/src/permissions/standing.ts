import type { Actor, PersonActor } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import { isUuid } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import {
  type Action,
  coveredRoles,
  credentialsTakeTwo,
  governingActions,
  narrowedTo,
  type Role,
  rolesWith,
} from './roles.ts';

/** From the root to the organisation itself. */
type Path = readonly string[];

/** What deciding needs to know of the person to whom something is done. */
export interface Standing {
  readonly personId: string;
  /** The home organisation; null for a guardian alone and for people who never belonged anywhere. */
  readonly home: Path | null;
  /** Where the person belongs now; where they belonged last when they belong nowhere. Roles do not count. */
  readonly belongs: readonly Path[];
  readonly roles: readonly { readonly role: Role; readonly path: Path }[];
  /** Where the person's children are at home and where they are kept as a guardian; the department without either. */
  readonly children: readonly Path[];
  readonly isLearnerOnly: boolean;
  /** Belongs nowhere any longer. */
  readonly hasLeft: boolean;
  /** The class teachers of the person's classes of now. */
  readonly classTeachers: readonly string[];
}

/** Where people stand who belong nowhere: with the department. */
const roots = sql`(SELECT jsonb_agg(path) FROM registry.organisation WHERE parent_id IS NULL)`;

/** How an act may be done: `together` takes a second person (registry/approvals). */
export type Verdict = 'alone' | 'together' | 'no';

/** Undefined when there is no such person. */
export async function findStanding(db: Database | Transaction, personId: string): Promise<Standing | undefined> {
  if (!isUuid(personId)) return undefined;
  const { rows } = await sql<
    Omit<Standing, 'belongs'> & { affiliations: { path: Path; until: string | null }[]; roots: Path[] | null }
  >`
    SELECT p.id AS "personId", p.status IN ('left', 'archived') AS "hasLeft", (SELECT path FROM registry.organisation WHERE id = p.home_organisation_id) AS home,
      coalesce((SELECT jsonb_agg(jsonb_build_object('path', o.path, 'until', f.valid_until) ORDER BY f.valid_until DESC NULLS FIRST, f.id DESC)
        FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
        WHERE f.person_id = p.id), '[]') AS affiliations,
      coalesce((SELECT jsonb_agg(jsonb_build_object('role', r.role, 'path', o.path))
        FROM registry.role_assignment AS r JOIN registry.organisation AS o ON o.id = r.organisation_id
        WHERE r.person_id = p.id AND r.ended_at IS NULL AND p.status = 'active'), '[]') AS roles,
      coalesce((SELECT jsonb_agg(o.path) FROM registry.organisation AS o WHERE o.id IN (
        SELECT c.home_organisation_id FROM registry.guardianship AS g JOIN registry.person AS c ON c.id = g.child_id
        WHERE g.guardian_id = p.id AND g.valid_until IS NULL
        UNION SELECT f.organisation_id FROM registry.affiliation AS f
        WHERE f.person_id = p.id AND f.role = 'guardian' AND f.valid_until IS NULL)), '[]') AS children,
      NOT EXISTS (SELECT FROM registry.affiliation AS f
        WHERE f.person_id = p.id AND f.valid_until IS NULL AND f.role <> 'learner') AS "isLearnerOnly",
      coalesce((SELECT jsonb_agg(DISTINCT c.homeroom_teacher_id) FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
        WHERE e.person_id = p.id AND e.valid_until IS NULL AND c.homeroom_teacher_id IS NOT NULL), '[]') AS "classTeachers",
      ${roots} AS roots
    FROM registry.person AS p WHERE p.id = ${personId}`.execute(db);
  if (!rows[0]) return undefined;
  const { affiliations, roots: department, ...standing } = rows[0];
  const current = affiliations.filter(({ until }) => until === null);
  const places = (current.length > 0 ? current : affiliations.slice(0, 1)).map(({ path }) => path);
  // The school of a child knows the guardian, also one without an affiliation.
  const belongs = standing.home ? places : [...places, ...standing.children];
  return {
    ...standing,
    belongs: belongs.length > 0 ? belongs : (department ?? []),
    children: standing.children.length > 0 ? standing.children : (department ?? []),
  };
}

/**
 * What the actor may do to the person: the whole rule, without a database.
 *
 * Reading asks for one organisation where the person belongs. Governing (`governingActions`) asks for the home
 * organisation and for every role that the person holds; a guardian alone is governed where all their children are.
 * Their credentials take two people, and those of who left, whom nobody sees any longer. Nobody governs themselves by a role.
 */
export function verdictOn(actor: PersonActor, action: Action, person: Standing): Verdict {
  const held = rolesWith(actor, action);
  /** Whether one of the roles has the action in all these places; a class teacher's only for their own class. */
  const reaches = (places: readonly Path[]) =>
    held.some(({ role, organisationId }) => {
      const narrowing = narrowedTo(role as Role, action);
      if (narrowing && !(narrowing === 'own-class' && isOfClassTeacher(person, actor.personId))) return false;
      return places.length > 0 && places.every((path) => path.includes(organisationId));
    });
  if (!governingActions.has(action)) return person.belongs.some((path) => reaches([path])) ? 'alone' : 'no';
  const isOwn = actor.personId === person.personId;
  if (isOwn && action !== 'accounts.read' && action !== 'accounts.suspend') return 'no';
  // A guardian alone has no home.
  if (!reaches(person.home ? [person.home] : person.children)) return 'no';
  const coversEvery = person.roles.every(({ role, path }) =>
    held.some((own) => path.includes(own.organisationId) && coveredRoles[own.role as Role].includes(role)),
  );
  if (!coversEvery && !isOwn) return 'no';
  if (action !== 'accounts.invite') return 'alone';
  const isProtected =
    person.home === null || person.hasLeft || person.roles.some(({ role }) => credentialsTakeTwo.has(role));
  return isProtected ? 'together' : 'alone';
}

/** The governing actions that the actor may do to the person now, alone or with a second one. */
export function governingOn(actor: Actor, person: Standing): Action[] {
  if (actor.kind !== 'person') return actor.kind === 'system' ? [...governingActions] : [];
  return [...governingActions].filter((action) => verdictOn(actor, action, person) !== 'no');
}

/** Birth dates: of learners for who teaches them, of staff for who administers them, of oneself. */
export function maySeeDetails(actor: Actor, person: Standing): boolean {
  if (actor.kind !== 'person') return actor.kind === 'system';
  const isOwn = actor.personId === person.personId;
  return isOwn || person.isLearnerOnly || verdictOn(actor, 'people.read-details', person) !== 'no';
}

function isOfClassTeacher(person: Standing, teacherId: string): boolean {
  return person.isLearnerOnly && person.home !== null && person.classTeachers.includes(teacherId);
}
