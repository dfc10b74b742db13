import { createHash } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Text } from '@edutrust/platform/messages';
import { countActivePeople, schoolsOf } from '@edutrust/registry/people';
import canonicalize from 'canonicalize';
import { sql } from 'kysely';
import { normalDn } from '../ldap/server.ts';
import { type HeldChange, syncOf } from '../tables.ts';
import type { TargetRow } from '../targets/store.ts';
import type { PlannedChange } from './plan.ts';

/**
 * D3: more people than this may not be disabled without a second person, in the whole target and in each school, in one
 * run and within a day. So many at once, or such a part of those there are, is a mistake somewhere more often than not.
 */
const most = { count: 500, part: 0.02, smallAtLeast: 5, smallPart: 0.2 } as const;
const windowMs = 24 * 3_600_000;

function isUnusual(disabled: number, people: number): boolean {
  const isMany = disabled > Math.max(most.count, people * most.part);
  return isMany || (disabled >= most.smallAtLeast && disabled > people * most.smallPart);
}

/** Whom a plan disables. */
export const leaversOf = (changes: readonly PlannedChange[]): string[] =>
  changes.flatMap(({ action, personId }) => (action === 'disable' && personId ? [personId] : []));

/**
 * Why disabling these people now waits for a second person; undefined when nothing is unusual. The one guard of every
 * path: full runs, live changes, retries and runs on demand (D14).
 */
export async function unusual(
  { db, clock }: ServiceContext,
  target: TargetRow,
  leavers: readonly string[],
): Promise<Text | undefined> {
  if (leavers.length === 0) return undefined;
  const recent = await syncOf(db)
    .selectFrom('sync.disabled')
    .select(['person_id', 'organisation_ids'])
    .where('target_id', '=', target.id)
    .where('at', '>', new Date(clock.now().getTime() - windowMs))
    .where('approved', '=', false)
    .execute();
  const people = new Map<string, readonly string[]>(
    recent.map(({ person_id, organisation_ids }) => [person_id, organisation_ids]),
  );
  if (new Set([...leavers, ...people.keys()]).size < most.smallAtLeast) return undefined;
  for (const [personId, organisationIds] of await schoolsOf(db, leavers)) people.set(personId, organisationIds);
  for (const personId of leavers) if (!people.has(personId)) people.set(personId, []);
  const active = await countActivePeople(db, target.organisation_id);
  if (isUnusual(people.size, active + people.size)) {
    return {
      vi: `${people.size} trong ${active + people.size} người sẽ bị vô hiệu hoá trong một ngày.`,
      en: `${people.size} of ${active + people.size} people would be disabled within a day.`,
    };
  }
  const bySchool = new Map<string, number>();
  for (const organisationIds of people.values())
    for (const id of organisationIds) bySchool.set(id, (bySchool.get(id) ?? 0) + 1);
  for (const [organisationId, disabled] of bySchool) {
    if (disabled < most.smallAtLeast) continue;
    const there = await countActivePeople(db, organisationId);
    if (!isUnusual(disabled, there + disabled)) continue;
    const name = await nameOf(db, organisationId);
    return {
      vi: `${name}: ${disabled} trong ${there + disabled} người sẽ bị vô hiệu hoá trong một ngày.`,
      en: `${name}: ${disabled} of ${there + disabled} people would be disabled within a day.`,
    };
  }
  return undefined;
}

async function nameOf(db: ServiceContext['db'], organisationId: string): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    SELECT name FROM registry.organisation WHERE id = ${organisationId}`.execute(db);
  return rows[0]?.name ?? organisationId;
}

/** A plan whose leavers wait: what is done now, and what a second person has to see. */
export interface Split {
  readonly now: readonly PlannedChange[];
  readonly held: readonly HeldChange[];
}

/** Takes out of a plan that people are disabled and leave their groups with it; everything else goes on. */
export function holdLeavers(changes: readonly PlannedChange[]): Split {
  const leaving = new Set(changes.filter(({ action }) => action === 'disable').map(({ dn }) => normalDn(dn)));
  const held: HeldChange[] = [];
  const now: PlannedChange[] = [];
  for (const change of changes) {
    const { action, dn, attributes, members, personId } = change;
    if (action === 'disable') {
      held.push({ kind: 'disable', dn, personId: personId ?? '', attributes });
      continue;
    }
    const stay = members?.remove.filter((member) => leaving.has(normalDn(member))) ?? [];
    if (!members || stay.length === 0) {
      now.push(change);
      continue;
    }
    for (const member of stay) held.push({ kind: 'leave', group: normalDn(dn), member: normalDn(member) });
    const rest = { add: members.add, remove: members.remove.filter((member) => !leaving.has(normalDn(member))) };
    if (rest.add.length + rest.remove.length > 0) now.push({ ...change, members: rest });
  }
  return { now, held };
}

/** SHA-256 over what is held, whatever the order in which it was found. */
export function digestOfHeld(held: readonly HeldChange[]): Buffer {
  const lines = held.map((change) => canonicalize(change) ?? '').sort();
  return createHash('sha256').update(lines.join('\n')).digest();
}

/** The same as changes to do: people before groups. */
export function changesOf(held: readonly HeldChange[]): PlannedChange[] {
  const byGroup = new Map<string, string[]>();
  const disables: PlannedChange[] = [];
  for (const change of held) {
    if (change.kind === 'leave') byGroup.set(change.group, [...(byGroup.get(change.group) ?? []), change.member]);
    else {
      const { dn, attributes, personId } = change;
      disables.push({ action: 'disable', dn, attributes, personId });
    }
  }
  const leaves = [...byGroup].map(
    ([dn, remove]): PlannedChange => ({ action: 'change', dn, attributes: {}, members: { add: [], remove } }),
  );
  return [...disables, ...leaves];
}
