import { hash } from 'node:crypto';
import type { Database, Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import type { ReleasedPerson } from '../model/contract.ts';
import { contentOf } from './digest.ts';

/** What a target holds of somebody: the version of the fields, hexadecimal, and the names of the groups. */
export interface Delivered {
  readonly version: string;
  readonly groups: readonly string[];
}

/** Hexadecimal digits of each field: 64 bits of SHA-256 over its name and values. */
const digits = 16;

type Marks = readonly (readonly [name: string, mark: string])[];
const known = new WeakMap<ReleasedPerson, Marks>();

/** They are asked for before somebody is sent and after. */
function marksOf(person: ReleasedPerson): Marks {
  const found = known.get(person);
  if (found) return found;
  const marks = contentOf(person.fields).map(
    (field) => [field[0], hash('sha256', JSON.stringify(field)).slice(0, digits)] as const,
  );
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
  const taken = new Set<string>();
  for (let at = 0; at < version.length; at += digits) taken.add(version.slice(at, at + digits));
  return marksOf(person).flatMap(([name, mark]) => (taken.has(mark) ? [] : [name]));
}

/** Keeps that a target was seen to hold these people as they should be. Who left is looked at anew when they return. */
export async function keepDelivered(db: Database, targetId: string, people: readonly ReleasedPerson[]): Promise<void> {
  const rows = people
    .filter(({ isActive }) => isActive)
    .map((person) => ({ id: person.personId, version: versionOf(person), groups: person.groups }))
    .sort((one, other) => (one.id < other.id ? -1 : 1)); // one order of locks
  if (rows.length === 0) return;
  // Nearly everybody is as before: looked at, not locked.
  await sql`
    INSERT INTO sync.delivered (target_id, person_id, version, groups)
    SELECT ${targetId}, id, decode(version, 'hex'), groups
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (id uuid, version text, groups text[])
    WHERE NOT EXISTS (SELECT FROM sync.delivered AS d WHERE d.target_id = ${targetId} AND d.person_id = row.id
      AND d.version = decode(row.version, 'hex') AND d.groups = row.groups)
    ON CONFLICT (target_id, person_id) DO UPDATE SET version = excluded.version, groups = excluded.groups`.execute(db);
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
