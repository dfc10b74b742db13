import type { Actor, PersonActor, RoleAssignment } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import type { Access, Resource } from '@edutrust/platform/http';
import type { SecretBox } from '@edutrust/platform/secrets';
import { registryOf } from '../tables.ts';
import { isAttestedRole } from './attestation.ts';
import { isOwnClass, type Place, placeOfClass, placeOfOrganisation, reachesPlace } from './place.ts';
import { type Action, freshWithinSeconds, narrowedTo, type Role, rolesWith } from './roles.ts';
import { findStanding, type Verdict, verdictOn } from './standing.ts';

export { attestExistingRoles } from './attestation.ts';
export { endRole, grantRole, mustBeEligible } from './granting.ts';
export { countHolders, holdersOf } from './holders.ts';
export { actionsAt, placesOfOrganisations } from './place.ts';
export {
  type Action,
  actions,
  breakGlassAcr,
  credentialsTakeTwo,
  mayGrant,
  needPasskey,
  protectedRoles,
  type Role,
  roleNames,
  roles,
} from './roles.ts';
export { findSigners, type Signer, type SignerTools, type SigningRole } from './signers.ts';
export type { Verdict } from './standing.ts';

/**
 * Whether the actor may do the action to the resource: the one place that decides. Without a resource: whether the
 * actor may do it anywhere (lists then narrow to `scopeOf`, and to what is the actor's own). Of several things every one has to be within reach.
 * What takes a second person is allowed only to those who propose it (`how`).
 */
export function can(
  db: Database | Transaction,
): (actor: Actor, action: string, resource?: Resource, how?: 'alone' | 'proposed') => Promise<boolean> {
  return async (actor, action, resource, how = 'alone') => {
    const verdict = await decide(db, actor, action, resource);
    return verdict === 'alone' || (verdict === 'together' && how === 'proposed');
  };
}

/** As `can`, but says whether the act takes a second person. */
export async function decide(
  db: Database | Transaction,
  actor: Actor,
  action: string,
  resource?: Resource,
): Promise<Verdict> {
  if (actor.kind === 'system') return 'alone';
  if (actor.kind === 'app') return 'no';
  if (!mayAnywhere(actor, action)) return 'no';
  if (resource === undefined || isAssigned(actor, action, resource)) return 'alone';
  const { organisationId, classId, personId } = resource;
  const theClass = classId === undefined ? undefined : await placeOfClass(db, classId);
  if (theClass && isOwnClass(actor, action as Action, theClass)) return 'alone';
  const reaches = (place: Place | undefined) => place !== undefined && reachesPlace(actor, action as Action, place);
  const verdicts: Verdict[] = [];
  if (organisationId !== undefined)
    verdicts.push(reaches(await placeOfOrganisation(db, organisationId)) ? 'alone' : 'no');
  if (classId !== undefined) verdicts.push(reaches(theClass) ? 'alone' : 'no');
  if (personId !== undefined) {
    const person = await findStanding(db, personId);
    verdicts.push(person ? verdictOn(actor, action as Action, person) : 'no');
  }
  if (verdicts.length === 0 || verdicts.includes('no')) return 'no';
  return verdicts.includes('together') ? 'together' : 'alone';
}

/** Whether one of the actor's roles has the action at all, be it only for what is their own. */
export function mayAnywhere(actor: Actor, action: string): boolean {
  return rolesWith(actor, action).length > 0;
}

/** The organisations in and below which the actor may do the action to everything, not only to what is their own. */
export function scopeOf(actor: Actor, action: string): string[] {
  const wide = rolesWith(actor, action).filter(({ role }) => !narrowedTo(role as Role, action as Action));
  return [...new Set(wide.map(({ organisationId }) => organisationId))];
}

/** What names the actor, for roles that have the action only for that: a document for its signer. */
function isAssigned(actor: PersonActor, action: string, { assigneeIds = [] }: Resource): boolean {
  return (
    assigneeIds.includes(actor.personId) &&
    rolesWith(actor, action).some(({ role }) => narrowedTo(role as Role, action as Action) === 'assigned')
  );
}

type ActionAccess = Extract<Access, { kind: 'action' }>;

/** A route's access that asks for an action, as fresh as the action wants; to what it is done is the route's `resource`. */
export function requires(action: Action): ActionAccess {
  const fresh = freshWithinSeconds(action);
  return {
    kind: 'action',
    action,
    ...(fresh === undefined ? {} : { freshWithinSeconds: fresh }),
  };
}

/** The access of a list of what waits for the action: seeing it asks for no recent sign-in, acting on it does. */
export function lists(action: Action): ActionAccess {
  return { kind: 'action', action };
}

/** As `requires`, for a route that only proposes what takes a second person (registry/approvals). */
export function proposes(action: Action): ActionAccess {
  return { ...requires(action), proposes: true };
}

/** The resource of what concerns everybody: only who has the role for the whole department may do it. */
export function ofDepartment(db: Database | Transaction): () => Promise<Resource> {
  return async () => {
    const department = await registryOf(db)
      .selectFrom('registry.organisation')
      .select('id')
      .where('parent_id', 'is', null)
      .executeTakeFirst();
    return department ? { organisationId: department.id } : {};
  };
}

/**
 * The roles that the person holds now, of those that this program granted: what somebody with the database alone wrote
 * or changed is none. A person who has left holds none.
 */
export async function rolesOf(
  { db, secrets }: { readonly db: Database | Transaction; readonly secrets: SecretBox },
  personId: string,
): Promise<RoleAssignment[]> {
  const rows = await currentRoles(db, personId);
  return rows
    .filter((row) => isAttestedRole(secrets, row))
    .map(({ role, organisation_id: organisationId }) => ({ role, organisationId }));
}

/**
 * The roles that stand in the table, whoever wrote them there: for rules that a role only makes stricter. What a role
 * allows is asked of {@link rolesOf}.
 */
export async function recordedRolesOf(db: Database | Transaction, personId: string): Promise<RoleAssignment[]> {
  const rows = await currentRoles(db, personId);
  return rows.map(({ role, organisation_id: organisationId }) => ({ role, organisationId }));
}

function currentRoles(db: Database | Transaction, personId: string) {
  return registryOf(db)
    .selectFrom('registry.role_assignment as r')
    .innerJoin('registry.person as p', 'p.id', 'r.person_id')
    .select(['r.id', 'r.person_id', 'r.role', 'r.organisation_id', 'r.attestation'])
    .where('r.person_id', '=', personId)
    .where('r.ended_at', 'is', null)
    .where('p.status', '=', 'active')
    .orderBy('r.id')
    .execute();
}
