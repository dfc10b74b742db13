import type { ServiceContext } from '@edutrust/platform/context';
import { listDirectoryPeople } from '@edutrust/registry/people';
import { sql } from 'kysely';
import type { Connection } from '../connectors/connector.ts';
import { syncOf } from '../tables.ts';
import type { TargetRow } from '../targets/store.ts';
import { groupPrefix, keepMarks, readMarks } from './marks.ts';
import { differencesOf, wantedAt } from './plan.ts';

/** When more of the people's buckets than this were touched, reading everything is less work. */
const mostTouched = { count: 20, part: 0.1 } as const;
const pageSize = 500;

/** What somebody else did at a target since it was last in step. */
export interface Drift {
  /** Parts that there are, and those of them that were touched and therefore read. */
  readonly buckets: number;
  readonly touched: number;
  /** People who were looked up there. */
  readonly read: number;
  /** Those of them who are not as they should be, and do not wait to be brought. */
  readonly personIds: readonly string[];
}

/**
 * Looks for what somebody else changed at a target, and reads only the parts that were touched since it was last in step.
 * Undefined when that cannot be said in parts: the target does not mark, was never in step, or too much was touched.
 *
 * @throws Unavailable
 */
export async function findDrift(
  context: ServiceContext,
  connection: Connection,
  target: TargetRow,
): Promise<Drift | undefined> {
  const { db } = context;
  const kept = await syncOf(db).selectFrom('sync.mark').selectAll().where('target_id', '=', target.id).execute();
  const now = kept.length > 0 ? await readMarks(connection) : undefined;
  if (!now) return undefined;
  const then = new Map(kept.map(({ bucket, digest }) => [bucket, digest]));
  const buckets = new Set([...then.keys(), ...now.keys()]);
  const touched = [...buckets].filter((bucket) => !now.get(bucket)?.equals(then.get(bucket) ?? Buffer.alloc(0)));
  const prefixes = touched.filter((bucket) => !bucket.startsWith(groupPrefix));
  if (prefixes.length > Math.max(mostTouched.count, buckets.size * mostTouched.part)) return undefined;
  const groups = touched.flatMap((name) => (name.startsWith(groupPrefix) ? [name.slice(groupPrefix.length)] : []));
  const suspects = [
    ...new Set([...(await peopleBy(context, prefixes)), ...(await strangersIn(context, connection, target, groups))]),
  ];
  const personIds: string[] = [];
  let read = 0;
  for (let from = 0; from < suspects.length; from += pageSize) {
    const page = suspects.slice(from, from + pageSize);
    const people = await listDirectoryPeople(db, { organisationId: target.organisation_id, personIds: page });
    read += people.length;
    for (const { personId } of await differencesOf(connection, target, people)) personIds.push(personId);
  }
  const drifted = await withoutPending(context, target, personIds);
  if (personIds.length === 0) await db.transaction().execute((tx) => keepMarks(tx, target.id, now));
  return { buckets: buckets.size, touched: touched.length, read, personIds: drifted };
}

/** Everybody whose education ID begins so, by the index over its first digits; `:` is the character after `9`. */
async function peopleBy({ db }: ServiceContext, prefixes: readonly string[]): Promise<string[]> {
  if (prefixes.length === 0) return [];
  const { rows } = await sql<{ id: string }>`
    SELECT p.id FROM unnest(${[...prefixes]}::text[]) AS prefix
    JOIN registry.person AS p ON p.education_id ~>=~ prefix AND p.education_id ~<~ (prefix || ':')`.execute(db);
  return rows.map(({ id }) => id);
}

/** People who are in one of these groups and should not be, or the other way round. */
async function strangersIn(
  { db }: ServiceContext,
  connection: Connection,
  target: TargetRow,
  groups: readonly string[],
): Promise<string[]> {
  if (groups.length === 0) return [];
  const { fold, marks } = connection;
  const members = new Map<string, Set<string>>();
  for (const group of groups) members.set(group, new Set((await marks?.membersOf(group))?.map(fold)));
  const found: string[] = [];
  const organisationId = target.organisation_id;
  for (let after: string | undefined; ; ) {
    const people = await listDirectoryPeople(db, { organisationId, limit: 2_000, ...(after ? { after } : {}) });
    for (const person of people) {
      const wanted = new Set(wantedAt(connection, target, person).groups.map(fold));
      const key = fold(person.educationId);
      const off = [...members].filter(([group, held]) => held.delete(key) !== wanted.has(group));
      if (off.length > 0) found.push(person.id);
    }
    after = people.at(-1)?.id;
    if (people.length < 2_000) break;
  }
  const rest = [...new Set([...members.values()].flatMap((held) => [...held]))];
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM registry.person WHERE education_id = ANY(${rest})`.execute(db);
  return [...found, ...rows.map(({ id }) => id)];
}

/** Those of them who do not wait to be brought anyway. */
async function withoutPending(
  { db }: ServiceContext,
  { id }: TargetRow,
  personIds: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM unnest(${[...personIds]}::uuid[]) AS id
    WHERE NOT EXISTS (SELECT FROM sync.pending WHERE target_id = ${id} AND person_id = id)`.execute(db);
  return rows.map((row) => row.id);
}
