import type { ServiceContext } from '@edutrust/platform/context';
import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import { isUuid } from '@edutrust/platform/ids';
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
import { type RawBuilder, sql } from 'kysely';
import type { ClientRow } from '../clients/clients.ts';
import { release } from '../model/contract.ts';
import { recordReleases } from '../releases/releases.ts';
import { scimError } from './errors.ts';
import type { Filter } from './filter.ts';
import { applyPatch, type Edited, readResource, type Settable } from './patch.ts';
import { type Listed, mustMatch, nextAfter, type Page, type Preconditions, type Resource } from './resource.ts';
import { urn, userAttributes } from './schemas.ts';
import { type Columns, conditionOf, orderOf } from './sql.ts';

interface UserRow {
  readonly id: string;
  readonly version: string;
  readonly external_id: string | null;
  readonly user_name: string | null;
  readonly resource: Settable | null;
  readonly full_name: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/**
 * Who can be seen: who has a place that the contract counts, and whom the client made itself. A school's are found from
 * the school down, or a page would walk through the city; the city's from the person up, or a page would begin with
 * everybody.
 */
const visible = ({ id, contract: { roles }, organisation_id }: ClientRow, ofCity: boolean) => {
  const places = sql`registry.affiliation AS f WHERE f.valid_until IS NULL AND f.role = ANY(${[...roles]}::text[])`;
  const who = ofCity
    ? sql`(u.person_id IS NOT NULL OR EXISTS (SELECT FROM ${places} AND f.person_id = p.id))`
    : sql`p.id IN (
        SELECT person_id FROM sync.scim_user WHERE client_id = ${id} AND deleted_at IS NULL
        UNION SELECT f.person_id FROM ${places} AND f.organisation_id = ANY(
          ARRAY(SELECT o.id FROM registry.organisation AS o WHERE o.path @> ARRAY[${organisation_id}::uuid])))`;
  return sql`
    FROM registry.person AS p LEFT JOIN sync.scim_user AS u ON u.person_id = p.id AND u.client_id = ${id}
    WHERE p.status NOT IN ('merged', 'erased') AND u.deleted_at IS NULL AND ${who}`;
};

/** Whether a client's organisation is the one above all. */
const ofCity = statement<{ isSo: boolean }, [organisationId: string]>(
  'sync.scim-of-city',
  'SELECT parent_id IS NULL AS "isSo" FROM registry.organisation WHERE id = $1',
);
const isOfCity = async (on: Database | Transaction, client: ClientRow) =>
  (await ofCity(on, client.organisation_id))[0]?.isSo ?? false;

const isPerson = (id: string) =>
  isUuid(id) && id === id.toLowerCase() ? sql<boolean>`(p.id = ${id}::uuid)` : sql<boolean>`false`;

const row = sql`p.id, p.version || '.' || coalesce(u.version, 0) AS version, u.external_id, u.user_name, u.resource,
  u.full_name, p.created_at, coalesce(u.updated_at, p.created_at) AS updated_at`;

/** An attribute of the enterprise extension, of those whom the client made. */
const workOf = (name: string, resource = 'u.resource') =>
  sql`${sql.raw(resource)} #>> ARRAY[${urn.enterprise}, ${name}]`;

const columnsOf = (client: ClientRow): Columns => ({
  schemas: [urn.user, urn.enterprise, urn.education],
  columns: {
    id: { type: 'text', value: sql`p.id::text`, caseExact: true, equals: isPerson },
    externalid: { type: 'text', value: sql`u.external_id`, caseExact: true },
    username: {
      type: 'text',
      value: sql`coalesce(u.user_name, p.education_id)`,
      equals: (name) => sql`(p.id IN (
        SELECT person_id FROM sync.scim_user WHERE client_id = ${client.id} AND lower(user_name) = lower(${name})
        UNION ALL SELECT id FROM registry.person WHERE education_id = ${name}) AND (u.person_id IS NULL OR lower(u.user_name) = lower(${name})))`,
    },
    displayname: { type: 'text', value: sql`coalesce(u.resource ->> 'displayName', p.full_name)` },
    'name.formatted': { type: 'text', value: sql`coalesce(u.resource #>> '{name,formatted}', p.full_name)` },
    'name.familyname': {
      type: 'text',
      value: sql`coalesce(u.resource #>> '{name,familyName}', split_part(p.full_name, ' ', 1))`,
    },
    'name.givenname': {
      type: 'text',
      value: sql`coalesce(u.resource #>> '{name,givenName}', substring(p.full_name FROM '[^ ]+$'))`,
    },
    active: {
      type: 'boolean',
      value: sql`(p.status = 'active' AND EXISTS (SELECT FROM registry.affiliation AS f
        JOIN registry.organisation AS o ON o.id = f.organisation_id
        WHERE f.person_id = p.id AND f.valid_until IS NULL AND o.path @> ARRAY[${client.organisation_id}::uuid]))`,
    },
    educationid: {
      type: 'text',
      value: sql`p.education_id`,
      equals: (number) => sql`(p.education_id = ${number})`,
    },
    employeenumber: {
      type: 'text',
      value: sql`CASE WHEN u.person_id IS NULL THEN p.education_id ELSE ${workOf('employeeNumber')} END`,
      equals: (number) => sql`(p.id IN (
        SELECT person_id FROM sync.scim_user WHERE client_id = ${client.id} AND lower(${workOf('employeeNumber', 'resource')}) = lower(${number})
        UNION ALL SELECT id FROM registry.person WHERE education_id = ${number})
        AND (u.person_id IS NULL OR lower(${workOf('employeeNumber')}) = lower(${number})))`,
    },
    ...Object.fromEntries(
      (['costCenter', 'organization', 'division', 'department'] as const).map((name) => [
        name.toLowerCase(),
        { type: 'text', value: workOf(name) } as const,
      ]),
    ),
    'meta.created': { type: 'time', value: sql`p.created_at` },
    'meta.lastmodified': { type: 'time', value: sql`coalesce(u.updated_at, p.created_at)` },
  },
});

/** A page of users; what is read is kept in the releases. */
export async function listUsers(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  client: ClientRow,
  { filter, startIndex, count, after, sort }: Page,
): Promise<Listed> {
  const order = orderOf(sort, columnsOf(client), sql`p.id`);
  const where = filter ? sql`AND ${conditionOf(filter, columnsOf(client))}` : sql``;
  const from = after === undefined ? sql`` : sql`AND p.id > ${after}::uuid`;
  return db.transaction().execute(async (transaction) => {
    await sql`SET LOCAL statement_timeout = '5s'`.execute(transaction);
    const seen = visible(client, await isOfCity(transaction, client));
    const total = await countOf(transaction, sql`${seen} ${where}`);
    const { rows } = await sql<UserRow>`
      SELECT ${row} ${seen} ${where} ${from} ORDER BY ${order} OFFSET ${startIndex - 1} LIMIT ${count}`.execute(
      transaction,
    );
    return { total, resources: await toUsers(transaction, client, rows, clock.now()), next: nextAfter(rows, count) };
  });
}

async function countOf(transaction: Transaction, from: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT count(*) ${from}`.execute(transaction);
  return rows[0]?.count ?? 0;
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
  context: Pick<ServiceContext, 'db' | 'clock'>,
  client: ClientRow,
  id: string,
): Promise<Resource> {
  const filter: Filter = { kind: 'compare', path: { schema: undefined, name: 'id' }, comparator: 'eq', value: id };
  const { resources } = await listUsers(context, client, { filter, startIndex: 1, count: 1 });
  if (!resources[0]) throw noUser(id);
  return resources[0];
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
  const seen = visible(client, await isOfCity(transaction, client));
  const { rows } = await sql<UserRow>`SELECT ${row} ${seen} AND ${isPerson(id)}`.execute(transaction);
  const [found] = rows;
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
