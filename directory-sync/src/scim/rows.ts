import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { isUuid } from '@edutrust/platform/ids';
import { type RawBuilder, sql } from 'kysely';
import type { ClientRow } from '../clients/clients.ts';
import type { Lists, Place } from '../lists/lists.ts';
import { isOfCity } from '../lists/of-city.ts';
import type { Filter } from './filter.ts';
import type { Settable } from './patch.ts';
import type { Page, Sort } from './resource.ts';
import { urn } from './schemas.ts';
import { type Columns, conditionOf, type Order, orderAskedFor, orderOf } from './sql.ts';

/** What lists are read with. */
export type ListContext = Pick<ServiceContext, 'db' | 'clock'> & { readonly lists: Lists };

export interface UserRow {
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
 * A part of the users of a client. There are two: whom it made, who are few and found from there, and everybody else whom
 * its contract counts, who may be a city and are found by the registry's indexes. Together an index would find neither.
 */
interface Side {
  readonly row: RawBuilder<unknown>;
  /** With its conditions: ` FROM … WHERE …`. */
  readonly from: RawBuilder<unknown>;
  readonly of: Columns;
}

const isPerson = (id: string) =>
  isUuid(id) && id === id.toLowerCase() ? sql<boolean>`(p.id = ${id}::uuid)` : sql<boolean>`false`;

/** Whom the client made and did not delete, in its own words. */
function madeBy({ id, organisation_id }: ClientRow): Side {
  const own = (path: string) => sql`u.resource #>> ${sql.lit(path)}`;
  const work = (name: string) => ({ type: 'text', value: own(`{${urn.enterprise},${name}}`) }) as const;
  return {
    row: sql`p.id, p.version || '.' || u.version AS version, u.external_id, u.user_name, u.resource, u.full_name,
      p.created_at, u.updated_at`,
    from: sql`FROM sync.scim_user AS u JOIN registry.person AS p ON p.id = u.person_id
      WHERE u.client_id = ${id} AND u.deleted_at IS NULL AND p.status NOT IN ('merged', 'erased')`,
    of: {
      schemas: [urn.user, urn.enterprise, urn.education],
      columns: {
        id: { type: 'text', value: sql`p.id::text`, caseExact: true, equals: isPerson },
        externalid: {
          type: 'text',
          value: sql`u.external_id`,
          caseExact: true,
          equals: (given) => sql`(coalesce(u.external_id, '') = ${given})`,
        },
        username: {
          type: 'text',
          value: sql`u.user_name`,
          isAlways: true,
          equals: (name) => sql`(lower(u.user_name) = lower(${name}))`,
        },
        displayname: { type: 'text', value: sql`coalesce(${own('{displayName}')}, p.full_name)`, isAlways: true },
        'name.formatted': {
          type: 'text',
          value: sql`coalesce(${own('{name,formatted}')}, p.full_name)`,
          isAlways: true,
        },
        'name.familyname': {
          type: 'text',
          value: sql`coalesce(${own('{name,familyName}')}, split_part(p.full_name, ' ', 1))`,
          isAlways: true,
        },
        'name.givenname': {
          type: 'text',
          value: sql`coalesce(${own('{name,givenName}')}, split_part(p.full_name, ' ', -1))`,
          isAlways: true,
        },
        active: {
          type: 'boolean',
          value: sql`(p.status = 'active' AND EXISTS (SELECT FROM registry.affiliation AS f
            JOIN registry.organisation AS o ON o.id = f.organisation_id
            WHERE f.person_id = p.id AND f.valid_until IS NULL AND o.path @> ARRAY[${organisation_id}::uuid]))`,
        },
        educationid: { type: 'text', value: sql`p.education_id`, isAlways: true },
        employeenumber: work('employeeNumber'),
        costcenter: work('costCenter'),
        organization: work('organization'),
        division: work('division'),
        department: work('department'),
        'meta.created': { type: 'time', value: sql`p.created_at` },
        'meta.lastmodified': { type: 'time', value: sql`u.updated_at` },
      },
    },
  };
}

const nothing = { type: 'text', value: sql`NULL::text` } as const;
const educationId = {
  type: 'text',
  value: sql`p.education_id`,
  isAlways: true,
  caseExact: true, // digits
  order: sql`p.education_id`,
  equals: (number: string) => sql<boolean>`(p.education_id = ${number})`,
} as const;

/**
 * Everybody else: who has a place that the contract counts. A school's are found from the school down, or a page would
 * walk through the city; the city's from the person up, or a page would begin with everybody.
 */
function others({ id, contract: { roles }, organisation_id }: ClientRow, ofCity: boolean): Side {
  const places = sql`registry.affiliation AS f WHERE f.valid_until IS NULL AND f.role = ANY(${[...roles]}::text[])`;
  const who = ofCity
    ? sql`EXISTS (SELECT FROM ${places} AND f.person_id = p.id)`
    : sql`p.id IN (SELECT f.person_id FROM ${places} AND f.organisation_id = ANY(
        ARRAY(SELECT o.id FROM registry.organisation AS o WHERE o.path @> ARRAY[${organisation_id}::uuid])))`;
  return {
    row: sql`p.id, p.version || '.0' AS version, NULL::text AS external_id, NULL::text AS user_name, NULL::jsonb AS resource,
      NULL::text AS full_name, p.created_at, p.created_at AS updated_at`,
    from: sql`FROM registry.person AS p WHERE p.status NOT IN ('merged', 'erased') AND ${who}
      AND NOT EXISTS (SELECT FROM sync.scim_user AS u WHERE u.client_id = ${id} AND u.person_id = p.id)`,
    of: {
      schemas: [urn.user, urn.enterprise, urn.education],
      columns: {
        id: { type: 'text', value: sql`p.id::text`, caseExact: true, equals: isPerson },
        externalid: nothing,
        username: educationId,
        displayname: { type: 'text', value: sql`p.full_name`, isAlways: true },
        'name.formatted': { type: 'text', value: sql`p.full_name`, isAlways: true },
        'name.familyname': { type: 'text', value: sql`split_part(p.full_name, ' ', 1)`, isAlways: true },
        'name.givenname': { type: 'text', value: sql`split_part(p.full_name, ' ', -1)`, isAlways: true },
        // Whoever is of this side has a place below the client's organisation.
        active: { type: 'boolean', value: sql`(p.status = 'active')` },
        educationid: educationId,
        employeenumber: educationId,
        costcenter: nothing,
        organization: nothing,
        division: nothing,
        department: nothing,
        'meta.created': { type: 'time', value: sql`p.created_at` },
        'meta.lastmodified': { type: 'time', value: sql`p.created_at` },
      },
    },
  };
}

async function sidesOf(transaction: Transaction, client: ClientRow): Promise<readonly [Side, Side]> {
  return [madeBy(client), others(client, await isOfCity(transaction, client.organisation_id))];
}

/** One of the users of a client. */
export async function readUser(transaction: Transaction, client: ClientRow, id: string): Promise<UserRow | undefined> {
  const parts = (await sidesOf(transaction, client)).map(
    ({ row, from }) => sql`SELECT ${row} ${from} AND ${isPerson(id)}`,
  );
  const { rows } = await sql<UserRow>`${sql.join(parts, sql` UNION ALL `)}`.execute(transaction);
  return rows[0];
}

interface Read {
  readonly rows: readonly UserRow[];
  /** By cursor undefined where it would have to be counted (RFC 9865 §2). */
  readonly total: number | undefined;
  /** The id to go on after, by cursor; undefined when there is nothing more. */
  readonly next: string | undefined;
}

/** A page of the users of a client, and how many there are. */
export async function readUsers(
  transaction: Transaction,
  lists: Lists,
  client: ClientRow,
  { filter, sort: given, startIndex, count, after }: Page,
): Promise<Read> {
  const sort = given ?? (after === undefined ? orderAskedFor(filter) : undefined);
  const sides = (await sidesOf(transaction, client)).map((side) => ({ ...side, where: whereOf(filter, side) }));
  const list = JSON.stringify([client.id, client.contract.roles, filter ?? null, sort ?? null]);
  const isPlaced = !sort || sides.every(({ of }) => orderOf(sort, of).isAlways);
  const known = after === undefined && isPlaced ? lists.placeUpTo(list, startIndex - 1) : undefined;
  const place = after === undefined ? known?.place : { id: after };
  const skip = after === undefined ? startIndex - 1 - (known?.index ?? 0) : 0;
  const rows = count === 0 ? [] : await readRows(transaction, sides, { sort, place, skip, count });
  const last = rows.at(-1);
  if (last && isPlaced && after === undefined)
    lists.keepPlace(list, startIndex - 1 + rows.length, { id: last.id, value: last.sorted_by });
  const isFull = count > 0 && rows.length === count;
  const isWhole = after === undefined && !isFull && (rows.length > 0 || (startIndex === 1 && count > 0));
  const total = isWhole
    ? startIndex - 1 + rows.length
    : after === undefined
      ? await lists.total(list, () => countOf(transaction, sides))
      : lists.knownTotal(list);
  return { rows, total, next: isFull ? last?.id : undefined };
}

type Asked = Side & { readonly where: RawBuilder<unknown> };

const whereOf = (filter: Filter | undefined, { of }: Side) => (filter ? sql`AND ${conditionOf(filter, of)}` : sql``);

/** Both sides in one order, each read no further than the page needs. */
async function readRows(
  transaction: Transaction,
  sides: readonly Asked[],
  { sort, place, skip, count }: { sort: Sort | undefined; place: Place | undefined; skip: number; count: number },
): Promise<(UserRow & { readonly sorted_by?: string })[]> {
  const direction = sort?.descending ? sql`DESC` : sql`ASC`;
  const isText = sort && sides.some(({ of }) => orderOf(sort, of).isText);
  const order = sort ? sql`sorted_by ${isText ? sql`COLLATE "C"` : sql``} ${direction}, id ${direction}` : sql`id`;
  const parts = sides.map(({ row, from, of, where }) => {
    const by = sort && orderOf(sort, of);
    return sql`(SELECT ${row} ${by ? sql`, ${by.value} AS sorted_by` : sql``} ${from} ${where} ${afterOf(place, by)}
      ORDER BY ${by ? sql`${by.value} ${direction}, p.id ${direction}` : sql`p.id`} LIMIT ${skip + count})`;
  });
  const { rows } = await sql<UserRow & { sorted_by?: string }>`
    SELECT * FROM (${sql.join(parts, sql` UNION ALL `)}) AS one ORDER BY ${order} OFFSET ${skip} LIMIT ${count}`.execute(
    transaction,
  );
  return rows;
}

function afterOf(place: Place | undefined, by: Order | undefined): RawBuilder<unknown> {
  if (!place) return sql``;
  if (!by) return sql`AND p.id > ${place.id}::uuid`;
  return sql`AND (${by.value}, p.id) ${by.descending ? sql`<` : sql`>`} (${place.value ?? ''}, ${place.id}::uuid)`;
}

async function countOf(transaction: Transaction, sides: readonly Asked[]): Promise<number> {
  const parts = sides.map(({ from, where }) => sql`(SELECT count(*) ${from} ${where})`);
  const { rows } = await sql<{ count: number }>`SELECT ${sql.join(parts, sql` + `)} AS count`.execute(transaction);
  return rows[0]?.count ?? 0;
}
