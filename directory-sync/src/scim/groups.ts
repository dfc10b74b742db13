import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import type { ClientRow } from '../clients/clients.ts';
import { record } from '../events.ts';
import { scimError } from './errors.ts';
import type { Filter } from './filter.ts';
import { applyPatch, type Edited, type MemberEdit, readResource, type Settable } from './patch.ts';
import { type Listed, mustMatch, nextAfter, type Page, type Preconditions, type Resource } from './resource.ts';
import { groupAttributes, limits, urn } from './schemas.ts';
import { type Columns, conditionOf, orderOf } from './sql.ts';

interface GroupRow {
  readonly id: string;
  readonly external_id: string | null;
  readonly display_name: string;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly members: string[] | null;
}

const member = {
  type: 'text',
  value: sql`m.person_id::text`,
  caseExact: true,
  equals: (id: string) =>
    isUuid(id) && id === id.toLowerCase() ? sql<boolean>`(m.person_id = ${id}::uuid)` : sql<boolean>`false`,
} as const;

const columns: Columns = {
  schemas: [urn.group],
  columns: {
    id: { type: 'text', value: sql`g.id::text`, caseExact: true },
    externalid: { type: 'text', value: sql`g.external_id`, caseExact: true },
    displayname: { type: 'text', value: sql`g.display_name` },
    'meta.created': { type: 'time', value: sql`g.created_at` },
    'meta.lastmodified': { type: 'time', value: sql`g.updated_at` },
  },
  values: {
    members: (_of, filter) => sql`(EXISTS (SELECT FROM sync.scim_group_member AS m WHERE m.group_id = g.id
      AND ${conditionOf(filter, { schemas: [], columns: { value: member } })}))`,
  },
};

/** A page of the client's groups. Members are read only when they are asked for: a group may hold thousands. */
export async function listGroups(
  { db }: Pick<ServiceContext, 'db'>,
  client: ClientRow,
  { filter, startIndex, count, after, sort }: Page,
  { withMembers }: { readonly withMembers: boolean },
): Promise<Listed> {
  const where = sql`FROM sync.scim_group AS g WHERE g.client_id = ${client.id} ${filter ? sql`AND ${conditionOf(filter, columns)}` : sql``}`;
  const from = after === undefined ? sql`` : sql`AND g.id > ${after}::uuid`;
  const by = sort && orderOf(sort, columns);
  const direction = by?.descending ? sql`DESC` : sql`ASC`;
  const order = by ? sql`${by.value} ${direction}, g.id ${direction}` : sql`g.id`;
  const members = withMembers
    ? sql`(SELECT jsonb_agg(m.person_id ORDER BY m.person_id) FROM sync.scim_group_member AS m WHERE m.group_id = g.id)`
    : sql`NULL`;
  return db.transaction().execute(async (transaction) => {
    await sql`SET LOCAL statement_timeout = '5s'`.execute(transaction);
    const counted = await sql<{ count: number }>`SELECT count(*) ${where}`.execute(transaction);
    const { rows } = await sql<GroupRow>`
      SELECT g.id, g.external_id, g.display_name, g.version, g.created_at, g.updated_at, ${members} AS members
      ${where} ${from} ORDER BY ${order} OFFSET ${startIndex - 1} LIMIT ${count}`.execute(transaction);
    return { total: counted.rows[0]?.count ?? 0, resources: rows.map(toGroup), next: nextAfter(rows, count) };
  });
}

function toGroup(group: GroupRow): Resource {
  const members = group.members?.map((value) => ({ value, type: 'User', $ref: `/scim/v2/Users/${value}` }));
  return {
    schemas: [urn.group],
    id: group.id,
    ...(group.external_id === null ? {} : { externalId: group.external_id }),
    displayName: group.display_name,
    ...(members ? { members } : {}),
    meta: {
      resourceType: 'Group',
      created: group.created_at.toISOString(),
      lastModified: group.updated_at.toISOString(),
      location: `/scim/v2/Groups/${group.id}`,
      version: `W/"${group.version}"`,
    },
  };
}

/** @throws scimError 404 */
export async function getGroup(
  context: Pick<ServiceContext, 'db'>,
  client: ClientRow,
  id: string,
  options: { readonly withMembers: boolean },
): Promise<Resource> {
  const filter: Filter = { kind: 'compare', path: { schema: undefined, name: 'id' }, comparator: 'eq', value: id };
  const { resources } = await listGroups(context, client, { filter, startIndex: 1, count: 1 }, options);
  if (!resources[0]) throw noGroup(id);
  return resources[0];
}

const noGroup = (id: string) => scimError(404, `There is no group ${id.slice(0, 60)}.`);

function mustWrite(client: ClientRow): void {
  if (!client.may_write) throw scimError(403, 'This client may read only.');
}

export async function createGroup(context: ServiceContext, client: ClientRow, body: unknown): Promise<Resource> {
  mustWrite(client);
  const { resource, members } = readResource(body, groupAttributes);
  const id = uuidv7();
  await context.db.transaction().execute(async (transaction) => {
    await sql`
      INSERT INTO sync.scim_group (id, client_id, external_id, display_name)
      VALUES (${id}, ${client.id}, ${resource.externalId ?? null}, ${resource.displayName})`.execute(transaction);
    await editMembers(transaction, client, id, members);
    await recordGroup(transaction, client, id, 'scim-group.added');
  });
  return getGroup(context, client, id, { withMembers: true });
}

async function recordGroup(
  transaction: Transaction,
  client: ClientRow,
  id: string,
  type: 'scim-group.added' | 'scim-group.changed' | 'scim-group.removed',
): Promise<void> {
  await record(transaction, {
    type,
    actor: { kind: 'app', clientId: client.id, scopes: ['scim'] },
    subject: { kind: 'scim-group', id },
    organisationId: client.organisation_id,
  });
}

/** Edits by statements over ids: the group is locked, and its members are never read and written back. */
async function editMembers(
  transaction: Transaction,
  client: ClientRow,
  groupId: string,
  edits: readonly MemberEdit[],
): Promise<void> {
  for (const { kind, ids } of edits) {
    if (ids.length > limits.members) throw scimError(413, 'There are too many members in one request.', 'tooMany');
    if (kind === 'remove') {
      await sql`DELETE FROM sync.scim_group_member WHERE group_id = ${groupId} AND person_id = ANY(${ids.filter(isUuid)}::uuid[])`.execute(
        transaction,
      );
      continue;
    }
    if (kind === 'replace')
      await sql`DELETE FROM sync.scim_group_member WHERE group_id = ${groupId}`.execute(transaction);
    const wanted = [...new Set(ids)];
    const { rows } = await sql<{ id: string }>`
      WITH wanted AS (SELECT unnest(${wanted.filter(isUuid)}::uuid[]) AS id)
      SELECT p.id FROM registry.person AS p WHERE p.status NOT IN ('merged', 'erased') AND p.id IN (
        SELECT u.person_id FROM wanted JOIN sync.scim_user AS u ON u.person_id = wanted.id AND u.client_id = ${client.id}
        UNION ALL SELECT f.person_id FROM wanted JOIN registry.affiliation AS f ON f.person_id = wanted.id
          JOIN registry.organisation AS o ON o.id = f.organisation_id
          WHERE f.valid_until IS NULL AND f.role = ANY(${[...client.contract.roles]}::text[])
            AND o.path @> ARRAY[${client.organisation_id}::uuid])`.execute(transaction);
    if (rows.length < wanted.length) throw scimError(400, 'A member is no user of this client.', 'invalidValue');
    await sql`
      INSERT INTO sync.scim_group_member (group_id, person_id)
      SELECT ${groupId}, unnest(${rows.map(({ id }) => id)}::uuid[]) ON CONFLICT DO NOTHING`.execute(transaction);
  }
}

async function changeGroup(
  { db }: ServiceContext,
  client: ClientRow,
  id: string,
  preconditions: Preconditions,
  edit: (before: Settable) => Edited,
): Promise<void> {
  mustWrite(client);
  await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<GroupRow>`
      SELECT * FROM sync.scim_group WHERE client_id = ${client.id} AND id::text = ${id} FOR UPDATE`.execute(
      transaction,
    );
    const [group] = rows;
    if (!group) throw noGroup(id);
    mustMatch(preconditions, `W/"${group.version}"`);
    const before: Settable = {
      displayName: group.display_name,
      ...(group.external_id === null ? {} : { externalId: group.external_id }),
    };
    const { resource, members } = edit(before);
    await sql`
      UPDATE sync.scim_group SET display_name = ${resource.displayName}, external_id = ${resource.externalId ?? null},
        version = version + 1, updated_at = now() WHERE id = ${group.id}`.execute(transaction);
    await editMembers(transaction, client, group.id, members);
    await recordGroup(transaction, client, group.id, 'scim-group.changed');
  });
}

/** PUT: members that are not named are out. */
export const replaceGroup = (
  context: ServiceContext,
  client: ClientRow,
  id: string,
  body: unknown,
  preconditions: Preconditions,
) =>
  changeGroup(context, client, id, preconditions, () => {
    const edited = readResource(body, groupAttributes);
    return edited.members.length > 0 ? edited : { ...edited, members: [{ kind: 'replace', ids: [] }] };
  });

export const patchGroup = (
  context: ServiceContext,
  client: ClientRow,
  id: string,
  body: unknown,
  preconditions: Preconditions,
) => changeGroup(context, client, id, preconditions, (before) => applyPatch(before, body, groupAttributes));

export async function deleteGroup(
  { db }: ServiceContext,
  client: ClientRow,
  id: string,
  preconditions: Preconditions,
): Promise<void> {
  mustWrite(client);
  await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<GroupRow>`
      SELECT * FROM sync.scim_group WHERE client_id = ${client.id} AND id::text = ${id} FOR UPDATE`.execute(
      transaction,
    );
    const [group] = rows;
    if (!group) throw noGroup(id);
    mustMatch(preconditions, `W/"${group.version}"`);
    await sql`DELETE FROM sync.scim_group WHERE id = ${group.id}`.execute(transaction);
    await recordGroup(transaction, client, group.id, 'scim-group.removed');
  });
}
