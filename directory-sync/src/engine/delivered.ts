import { hash } from 'node:crypto';
import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import type { ReleasedPerson } from '../model/contract.ts';
import { unsaidText } from '../releases/releases.ts';
import type { TargetRow } from '../targets/store.ts';
import { contentOf } from './digest.ts';

/** What a target holds of somebody: the version of the fields, hexadecimal, and the names of the groups. */
export interface Delivered {
  readonly version: string;
  readonly groups: readonly string[];
}

/** Hexadecimal digits of each field: 64 bits of SHA-256 over its name and values. */
const digits = 16;

/** Marks that were made lately, by name and value: many have the same school, class, role or family name. */
const lately = new Map<string, Map<string, string>>();
const mostLately = 2_000;

function markOf(name: string, values: readonly string[]): string {
  const [value] = values;
  if (value === undefined || values.length > 1) return newMark(name, values);
  const marks = lately.get(name) ?? new Map<string, string>();
  const found = marks.get(value);
  if (found !== undefined) return found;
  if (marks.size >= mostLately) marks.clear();
  const mark = newMark(name, values);
  lately.set(name, marks.set(value, mark));
  return mark;
}

const newMark = (name: string, values: readonly string[]) =>
  hash('sha256', JSON.stringify(contentOf({ [name]: values })[0])).slice(0, digits);

type Marks = readonly (readonly [name: string, mark: string])[];
const known = new WeakMap<ReleasedPerson, Marks>();

/** They are asked for before somebody is sent and after. */
function marksOf(person: ReleasedPerson): Marks {
  const found = known.get(person);
  if (found) return found;
  const { fields } = person;
  const marks = Object.keys(fields)
    .sort()
    .map((name) => [name, markOf(name, fields[name] ?? [])] as const);
  known.set(person, marks);
  return marks;
}

/** The version of a person at a target: a mark for each field, in the order of their names. */
export const versionOf = (person: ReleasedPerson): string =>
  marksOf(person)
    .map(([, mark]) => mark)
    .join('');

/** The fields of a person that are other ones than in a version. */
export function fieldsSince(version: string, person: ReleasedPerson): string[] {
  return marksOf(person).flatMap(([name, mark], place) => (isIn(version, mark, place) ? [] : [name]));
}

/** Nearly always it stands where it would be today. */
function isIn(version: string, mark: string, place: number): boolean {
  if (version.startsWith(mark, place * digits)) return true;
  for (let at = version.indexOf(mark); at >= 0; at = version.indexOf(mark, at + 1)) if (at % digits === 0) return true;
  return false;
}

const keep = statement<never, [targetId: string, recipientId: string, recipientName: string, at: Date, people: string]>(
  'sync.delivered-keep',
  `WITH seen AS (SELECT * FROM jsonb_to_recordset($5::jsonb) AS seen (id uuid, version text, groups text[], there text[])
       WHERE NOT EXISTS (SELECT FROM sync.delivered AS d WHERE d.target_id = $1 AND d.person_id = seen.id
         AND d.version = decode(seen.version, 'hex') AND d.groups = seen.groups)),
     kept AS (INSERT INTO sync.delivered (target_id, person_id, version, groups)
       SELECT $1, id, decode(version, 'hex'), groups FROM seen
       ON CONFLICT (target_id, person_id) DO UPDATE SET version = excluded.version, groups = excluded.groups),
     row AS (SELECT id AS "personId", there FROM seen)
   ${unsaidText({ recipientId: '$2', recipientName: '$3', at: '$4' })}`,
);

/**
 * Keeps that a target was seen to hold these people as they should be, and that it knows them. Who left is looked at anew
 * when they return.
 */
export async function keepDelivered(
  db: Database,
  target: Pick<TargetRow, 'id' | 'name'>,
  people: readonly ReleasedPerson[],
  at: Date,
): Promise<void> {
  const rows = people
    .filter(({ isActive }) => isActive)
    .map((person) => ({
      id: person.personId,
      version: versionOf(person),
      groups: person.groups,
      there: Object.keys(person.fields).sort(),
    }))
    .sort((one, other) => (one.id < other.id ? -1 : 1)); // one order of locks
  // Nearly everybody is as before: looked at, not locked.
  if (rows.length > 0) await keep(db, target.id, `target:${target.id}`, target.name, at, JSON.stringify(rows));
}

/** What was delivered is not what the target holds: it is looked at before anything is sent again. */
export async function forgetDelivered(
  db: Database | Transaction,
  targetId: string,
  personIds: readonly string[],
): Promise<void> {
  if (personIds.length === 0) return;
  await sql`
    DELETE FROM sync.delivered WHERE target_id = ${targetId} AND person_id = ANY(${[...personIds]}::uuid[])`.execute(
    db,
  );
}
