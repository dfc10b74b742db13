import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { isUuid } from '@edutrust/platform/ids';
import { type RawBuilder, sql } from 'kysely';
import type { Lists, Place } from '../lists/lists.ts';
import { isOfCity } from '../lists/of-city.ts';
import { recordReleases } from '../releases/releases.ts';
import type { Collection, Seeing, Told } from './collections.ts';
import { isId, type Listing } from './query.ts';
import type { Grant } from './token.ts';

/** What lists are read with. */
export type Reader = ServiceContext & {
  readonly lists: Lists;
  /** `https://…/ims/oneroster/rostering/v1p2` */
  readonly base: string;
};

export async function seeingOf(
  { clock, base }: Reader,
  db: Database | Transaction,
  { client }: Grant,
): Promise<Seeing> {
  return { client, now: clock.now(), base, isOfCity: await isOfCity(db, client.organisation_id) };
}

/** The condition on the one that has this id. An enrolment of a teacher is named by its class, with a word after it. */
export function isTheOne({ id, key }: Collection, given: string): RawBuilder<boolean> {
  if (!key) return sql`(${id}::text = ${given})`;
  return sql`(${isId(key, given.slice(0, 36))} AND ${id}::text = ${given})`;
}

type Row = Readonly<Record<string, unknown>>;

/** A page, counted, with what it tells of people on record. The client’s filter is a group of its own: it widens nothing. */
export async function readPage(
  context: Reader,
  grant: Grant,
  collection: Collection,
  { limit, offset, where, order, list }: Listing & { readonly list: string },
  condition: RawBuilder<boolean> = sql`true`,
): Promise<{ readonly told: Told[]; readonly total: number }> {
  const { lists } = context;
  const { client } = grant;
  const name = JSON.stringify([client.id, client.contract.roles, list]);
  const isPlaced = collection.key !== undefined && (order === undefined || order.isAlways);
  return context.db.transaction().execute(async (transaction) => {
    await sql`SET LOCAL statement_timeout = '10s'`.execute(transaction);
    const seeing = await seeingOf(context, transaction, grant);
    const asked = { collection, seeing, condition: sql<boolean>`(${condition}) AND (${where ?? sql`true`})` };
    const known = isPlaced ? lists.placeUpTo(name, offset) : undefined;
    const skip = offset - (known?.index ?? 0);
    const { rows } = await selectPage(asked, { place: known?.place, order, limit, skip }).execute(transaction);
    const last = rows.at(-1);
    if (last && isPlaced) lists.keepPlace(name, offset + rows.length, lastPlace(last));
    const told = await collection.tell(transaction, seeing, rows);
    const about = told.flatMap((one) => (one.about && one.about.fields.length > 0 ? [one.about] : []));
    await recordReleases(transaction, { id: `client:${client.id}`, name: client.name }, about, seeing.now);
    const isWhole = rows.length < limit && (rows.length > 0 || offset === 0);
    const total = isWhole ? offset + rows.length : await lists.total(name, () => countOf(transaction, asked));
    return { told, total };
  });
}

/** Rows of a collection, and which of them. */
interface Asked {
  readonly collection: Collection;
  readonly seeing: Seeing;
  readonly condition: RawBuilder<boolean>;
}

const sidesOf = ({ collection: { from, alsoFrom }, seeing, condition }: Asked) =>
  [from, ...(alsoFrom ? [alsoFrom] : [])].map((side) => sql`FROM ${side(seeing)} AND ${condition}`);

/** A page of rows; the halves of a collection each read no further than it needs. */
export function selectPage(
  asked: Asked,
  { place, order, limit, skip }: Pick<Listing, 'order' | 'limit'> & { place: Place | undefined; skip: number },
): RawBuilder<Row> {
  const { columns, id, key = id } = asked.collection;
  const direction = order?.descending ? sql`DESC` : sql`ASC`;
  const value = order ? sql`, ${order.value} AS place_value` : sql``;
  const by = (value: RawBuilder<unknown>, key: RawBuilder<unknown>) =>
    order ? sql`ORDER BY ${value} ${direction}, ${key} ${direction}` : sql`ORDER BY ${key}`;
  const parts = sidesOf(asked).map(
    (from) => sql<Row>`SELECT ${columns}, ${key} AS place_key${value} ${from} ${afterOf(place, asked.collection, order)}
      ${by(order?.value ?? key, key)} LIMIT ${skip + limit}`,
  );
  return sql`
    SELECT * FROM (${sql.join(
      parts.map((part) => sql`(${part})`),
      sql` UNION ALL `,
    )}) AS one ${by(sql`place_value`, sql`place_key`)} LIMIT ${limit} OFFSET ${skip}`;
}

async function countOf(transaction: Transaction, asked: Asked): Promise<number> {
  const parts = sidesOf(asked).map((from) => sql`(SELECT count(*) ${from})`);
  const { rows } = await sql<{ count: number }>`SELECT ${sql.join(parts, sql` + `)} AS count`.execute(transaction);
  return rows[0]?.count ?? 0;
}

const lastPlace = ({ place_key: id, place_value: value }: Row): Place => ({
  id: String(id),
  value: typeof value === 'string' ? value : undefined,
});

function afterOf(place: Place | undefined, { key }: Collection, order: Listing['order']): RawBuilder<unknown> {
  if (!place || !key || !isUuid(place.id)) return sql``;
  if (!order) return sql`AND ${key} > ${place.id}::uuid`;
  return sql`AND (${order.value}, ${key}) ${order.descending ? sql`<` : sql`>`} (${place.value ?? ''}, ${place.id}::uuid)`;
}
