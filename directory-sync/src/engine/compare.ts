import type { Holding } from '../connectors/connector.ts';
import type { Change, Values } from '../model/change.ts';
import type { ReleasedPerson } from '../model/contract.ts';

/** What separates one person at a target from what they should be there. */
export interface Difference {
  readonly key: string;
  readonly personId: string;
  readonly person: Change | undefined;
  /** Names of groups to come into. */
  readonly join: readonly string[];
  /** Names of groups to leave. */
  readonly leave: readonly string[];
}

/**
 * Compares one person. Only fields that we would send are looked at; of somebody who left, the mark alone. Who left and
 * was never there, or is marked already, is nothing to do.
 */
export function compare(wanted: ReleasedPerson, held: Holding | undefined, fold: (key: string) => string): Difference {
  const who = { key: wanted.key, personId: wanted.personId };
  const base = { ...who, kind: 'person' } as const;
  if (!held) {
    if (!wanted.isActive) return { ...who, person: undefined, join: [], leave: [] };
    const person: Change = { ...base, action: 'add', before: {}, after: wanted.fields, ofLeaver: false };
    return { ...who, person, join: wanted.groups, leave: [] };
  }
  const differing = Object.keys(wanted.fields).filter(
    (field) => !sameValues(wanted.fields[field] ?? [], held.fields[field] ?? []),
  );
  const only = (values: Values): Values =>
    Object.fromEntries(differing.map((field) => [field, values[field] ?? []] as const));
  const person: Change | undefined =
    differing.length === 0
      ? undefined
      : {
          ...base,
          action: wanted.isActive ? 'change' : 'disable',
          before: only(held.fields),
          after: only(wanted.fields),
          ofLeaver: !wanted.isActive,
        };
  return { ...who, person, ...groupDifference(wanted.groups, held.groups, fold) };
}

/** Groups to come into, and groups to leave. */
export function groupDifference(
  wanted: readonly string[],
  held: readonly string[],
  fold: (key: string) => string,
): Pick<Difference, 'join' | 'leave'> {
  if (wanted.length === held.length && wanted.every((group, index) => group === held[index]))
    return { join: [], leave: [] }; // as nearly all are
  const now = new Set(held.map(fold));
  const should = new Set(wanted.map(fold));
  return {
    join: wanted.filter((group) => !now.has(fold(group))),
    leave: [...now].filter((group) => !should.has(group)).sort(),
  };
}

/** Values have no order; composed and decomposed letters are one. */
function sameValues(one: readonly string[], other: readonly string[]): boolean {
  const left = one.map((value) => value.normalize('NFC')).sort();
  const right = other.map((value) => value.normalize('NFC')).sort();
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

const membersInOne = 500;

/**
 * The changes for these people, people first. Who leaves takes themselves out of their groups, one by one, so that it
 * waits with them when they wait; everyone else comes and goes by group.
 */
export function changesOf(differences: readonly Difference[]): Change[] {
  const joining = new Map<string, string[]>();
  const leaving = new Map<string, string[]>();
  const ofLeavers: Change[] = [];
  for (const { key, personId, person, join, leave } of differences) {
    for (const group of join) put(joining, group, key);
    for (const group of leave) {
      if (person?.ofLeaver) ofLeavers.push(membership('remove', group, [key], { personId, ofLeaver: true }));
      else put(leaving, group, key);
    }
  }
  const people = differences.flatMap(({ person }) => (person ? [person] : []));
  return [...people, ...byGroup('add', joining), ...byGroup('remove', leaving), ...ofLeavers];
}

function put(lists: Map<string, string[]>, name: string, value: string): void {
  const list = lists.get(name);
  if (list) list.push(value);
  else lists.set(name, [value]);
}

/** Who comes into groups or leaves them, in pieces that a target takes at once. */
export function byGroup(action: 'add' | 'remove', people: ReadonlyMap<string, readonly string[]>): Change[] {
  return [...people]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([group, keys]) => {
      const pieces: Change[] = [];
      for (let from = 0; from < keys.length; from += membersInOne)
        pieces.push(membership(action, group, keys.slice(from, from + membersInOne)));
      return pieces;
    });
}

function membership(
  action: 'add' | 'remove',
  key: string,
  members: readonly string[],
  { personId = null, ofLeaver = false }: { personId?: string | null; ofLeaver?: boolean } = {},
): Change {
  const [before, after] = action === 'add' ? [{}, { members }] : [{ members }, {}];
  return { kind: 'membership', action, key, before, after, personId, ofLeaver };
}
