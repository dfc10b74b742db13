import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { createEducationIdIssuer } from '@edutrust/registry/education-id';
import { findOrganisation } from '@edutrust/registry/organisations';
import {
  changePerson,
  comeBack,
  createIdentifierVault,
  createPerson,
  homeOf,
  leave,
  listDirectoryPeople,
} from '@edutrust/registry/people';
import { sql } from 'kysely';
import type { ClientRow } from '../clients/clients.ts';
import { release } from '../model/contract.ts';
import { recordReleases } from '../releases/releases.ts';
import { scimError } from './errors.ts';
import { applyPatch, type Edited, readResource, type Settable } from './patch.ts';
import { type Listed, mustMatch, type Page, type Preconditions, type Resource } from './resource.ts';
import { type ListContext, readUser, readUsers, type UserRow } from './rows.ts';
import { urn, userAttributes } from './schemas.ts';

/** A page of users; what is read is kept in the releases. */
export async function listUsers({ db, clock, lists }: ListContext, client: ClientRow, page: Page): Promise<Listed> {
  return db.transaction().execute(async (transaction) => {
    await sql`SET LOCAL statement_timeout = '5s'`.execute(transaction);
    const { rows, total, next } = await readUsers(transaction, lists, client, page);
    return { total, resources: await toUsers(transaction, client, rows, clock.now()), next };
  });
}

async function toUsers(
  transaction: Transaction,
  client: ClientRow,
  rows: readonly UserRow[],
  now: Date,
): Promise<Resource[]> {
  const people = await listDirectoryPeople(transaction, {
    organisationId: client.organisation_id,
    personIds: rows.map(({ id }) => id),
  });
  const byId = new Map(people.map((person) => [person.id, person]));
  const recipient = { id: `client:${client.id}`, name: client.name };
  const resources = rows.flatMap((user) => {
    const person = byId.get(user.id);
    return person ? [toUser(user, person, client)] : [];
  });
  const releases = resources.map(({ id }) => ({ personId: id, fields: ['educationId', 'fullName', 'isActive'] }));
  await recordReleases(transaction, recipient, releases, now);
  return resources;
}

function toUser(
  user: UserRow,
  person: Awaited<ReturnType<typeof listDirectoryPeople>>[number],
  client: ClientRow,
): Resource {
  const { isActive, fields } = release(person, client.contract);
  const [family, given] = [fields.familyName?.[0], fields.givenName?.[0]];
  // The registry's name counts as soon as it is another than the client gave.
  const isOwn = user.resource !== null && user.full_name === person.fullName;
  const names = isOwn
    ? { name: user.resource?.name, displayName: user.resource?.displayName }
    : isActive
      ? {
          name: {
            formatted: person.fullName,
            ...(family === undefined ? {} : { familyName: family }),
            ...(given === undefined ? {} : { givenName: given }),
          },
          displayName: person.fullName,
        }
      : {};
  // Of those whom the client made its own words; of everyone else the number that it knows them by.
  const work = user.resource === null ? { employeeNumber: person.educationId } : user.resource[urn.enterprise];
  return {
    schemas: [urn.user, ...(work ? [urn.enterprise] : []), urn.education],
    id: user.id,
    ...(user.external_id === null ? {} : { externalId: user.external_id }),
    userName: user.user_name ?? person.educationId,
    ...names,
    active: isActive,
    ...(work ? { [urn.enterprise]: work } : {}),
    [urn.education]: { educationId: person.educationId },
    meta: {
      resourceType: 'User',
      created: user.created_at.toISOString(),
      lastModified: user.updated_at.toISOString(),
      location: `/scim/v2/Users/${user.id}`,
      version: `W/"${user.version}"`,
    },
  };
}

/** @throws scimError 404 */
export async function getUser(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  client: ClientRow,
  id: string,
): Promise<Resource> {
  const [resource] = await db.transaction().execute(async (transaction) => {
    const row = await readUser(transaction, client, id);
    return row ? toUsers(transaction, client, [row], clock.now()) : [];
  });
  if (!resource) throw noUser(id);
  return resource;
}

const noUser = (id: string) => scimError(404, `There is no user ${id.slice(0, 60)}.`);

/** The name that the registry keeps, of what a client calls somebody. */
function fullNameOf(resource: Settable): string {
  const name = (resource.name ?? {}) as Readonly<Record<string, string>>; // complex: an object of texts
  const parts = [name.familyName, name.middleName, name.givenName].filter(Boolean).join(' ');
  return String(name.formatted || parts || resource.displayName || resource.userName || '');
}

const actorOf = (client: ClientRow) => ({ kind: 'app', clientId: client.id, scopes: ['scim'] }) as const;

function mustWrite(client: ClientRow): void {
  if (!client.may_write) throw scimError(403, 'This client may read only.');
}

/**
 * Makes a person, who is staff of the client's organisation with a new education ID, and no role (D8). Nobody who is there
 * already is found by what a client calls them (D7).
 */
export async function createUser(
  context: ServiceContext,
  client: ClientRow,
  body: unknown,
  today: string,
): Promise<Resource> {
  mustWrite(client);
  const { resource } = readResource(body, userAttributes);
  const tools = { issuer: createEducationIdIssuer(context), vault: createIdentifierVault(context.secrets) };
  const id = await context.db.transaction().execute(async (transaction) => {
    const by = { actor: actorOf(client), today };
    const fullName = fullNameOf(resource);
    const affiliations = [{ organisationId: client.organisation_id, role: 'staff' as const }];
    const { id } = await createPerson(transaction, tools, { fullName, affiliations }, by);
    await keepUser(transaction, client, id, resource);
    if (resource.active === false) await leave(transaction, id, by);
    return id;
  });
  return getUser(context, client, id);
}

/** What the client calls the person. @throws scimError 409 `uniqueness` */
async function keepUser(transaction: Transaction, client: ClientRow, id: string, resource: Settable): Promise<void> {
  const { rows } = await sql<{ full_name: string }>`SELECT full_name FROM registry.person WHERE id = ${id}`.execute(
    transaction,
  );
  const { externalId = null, userName, active: _active, ...rest } = resource;
  await sql`
    INSERT INTO sync.scim_user AS u (client_id, person_id, external_id, user_name, resource, full_name)
    VALUES (${client.id}, ${id}, ${externalId}, ${userName}, ${JSON.stringify(rest)}::jsonb, ${rows[0]?.full_name ?? ''})
    ON CONFLICT (client_id, person_id) DO UPDATE SET external_id = excluded.external_id, user_name = excluded.user_name,
      resource = excluded.resource, full_name = excluded.full_name, version = u.version + 1, updated_at = now()`
    .execute(transaction)
    .catch((error: { constraint?: string }) => {
      if (error.constraint === 'scim_user_name') throw scimError(409, 'This userName is taken.', 'uniqueness');
      throw error;
    });
}

/** PUT and PATCH: `edit` makes what should be of what is. */
async function changeUser(
  context: ServiceContext,
  client: ClientRow,
  id: string,
  today: string,
  preconditions: Preconditions,
  edit: (before: Settable) => Edited,
): Promise<Resource> {
  mustWrite(client);
  const now = await getUser(context, client, id);
  await context.db.transaction().execute(async (transaction) => {
    const row = await lockOwn(transaction, client, id);
    mustMatch(preconditions, `W/"${row.version}"`);
    const before: Settable = {
      ...(row.resource ?? {}),
      userName: row.user_name ?? '',
      ...(row.external_id === null ? {} : { externalId: row.external_id }),
      active: now.active === true,
    };
    const { resource } = edit(before);
    const by = { actor: actorOf(client), today };
    const fullName = fullNameOf(resource);
    if (fullName !== fullNameOf(before)) await changePerson(transaction, id, { fullName }, by.actor);
    const isActive = resource.active ?? before.active;
    if (isActive === false && before.active) await leave(transaction, id, by);
    if (isActive === true && !before.active)
      await comeBack(transaction, id, { organisationId: client.organisation_id, role: 'staff' }, by);
    await keepUser(transaction, client, id, resource);
  });
  return getUser(context, client, id);
}

/**
 * One of those whom the client made, locked, and still governed where the client is (T7).
 *
 * @throws scimError 404; 403 for people whom it only sees
 */
async function lockOwn(transaction: Transaction, client: ClientRow, id: string): Promise<UserRow> {
  await sql`SELECT FROM sync.scim_user WHERE client_id = ${client.id} AND person_id::text = ${id} FOR UPDATE`.execute(
    transaction,
  );
  const found = await readUser(transaction, client, id);
  if (!found) throw noUser(id);
  if (found.user_name === null) throw scimError(403, 'This client did not make this user.');
  const home = await homeOf(transaction, found.id);
  const path = home ? (await findOrganisation(transaction, home)).path : [];
  if (home && !path.some((organisation) => organisation.id === client.organisation_id))
    throw scimError(403, 'This user belongs to another organisation now.');
  return found;
}

export const replaceUser = (
  context: ServiceContext,
  client: ClientRow,
  id: string,
  body: unknown,
  today: string,
  preconditions: Preconditions,
) => changeUser(context, client, id, today, preconditions, () => readResource(body, userAttributes));

export const patchUser = (
  context: ServiceContext,
  client: ClientRow,
  id: string,
  body: unknown,
  today: string,
  preconditions: Preconditions,
) => changeUser(context, client, id, today, preconditions, (before) => applyPatch(before, body, userAttributes));

/** The person leaves; record, education ID and history stay (D5). The client sees the user no longer. */
export async function deleteUser(
  context: ServiceContext,
  client: ClientRow,
  id: string,
  today: string,
  preconditions: Preconditions,
): Promise<void> {
  mustWrite(client);
  await context.db.transaction().execute(async (transaction) => {
    const row = await lockOwn(transaction, client, id);
    mustMatch(preconditions, `W/"${row.version}"`);
    await leave(transaction, id, { actor: actorOf(client), today });
    await sql`UPDATE sync.scim_user SET deleted_at = now() WHERE client_id = ${client.id} AND person_id = ${row.id}`.execute(
      transaction,
    );
  });
}
