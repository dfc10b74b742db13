import type { Database } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import { type DirectoryPerson, listDirectoryPeople } from '@edutrust/registry/people';
import {
  disabledType,
  type Entry,
  groupEntry,
  groupNames,
  groupsDn,
  peopleDn,
  personDn,
  personEntry,
} from '../ldap/entry.ts';
import { type LdapServer, normalDn } from '../ldap/server.ts';

/** One thing to do at the server. */
export interface PlannedChange {
  readonly action: 'add' | 'change' | 'disable';
  readonly dn: string;
  /** What is written: every attribute of a new entry, the differing ones of an old one. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

export interface Plan {
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
  /** Why a second person has to look first; absent when nothing is unusual. */
  readonly heldReason?: Text;
}

const personAttributes = [
  'objectClass',
  'uid',
  'cn',
  'displayName',
  'sn',
  'givenName',
  'employeeNumber',
  'employeeType',
  'o',
  'ou',
  'title',
];
const groupAttributes = ['objectClass', 'cn', 'member'];
const batchSize = 2_000;
/** D3: more leavers than this in one run wait. */
const mostDisabled = { count: 500, part: 0.02, smallAtLeast: 5, smallPart: 0.2 } as const;

/** What separates the server from the registry, everybody and every group. Nothing is written. */
export async function planEverything(db: Database, server: LdapServer, organisationId: string): Promise<Plan> {
  const people: DirectoryPerson[] = [];
  for (let after: string | undefined; ; ) {
    const page = await listDirectoryPeople(db, { organisationId, limit: batchSize, ...(after ? { after } : {}) });
    people.push(...page);
    after = page.at(-1)?.id;
    if (page.length < batchSize) break;
  }
  const heldPeople = await server.inventory(peopleDn(server.baseDn), personAttributes);
  const heldGroups = await server.inventory(groupsDn(server.baseDn), groupAttributes);
  const wanted = [
    ...people.map((person) => personEntry(person, server.baseDn)),
    ...groupEntries(people, heldGroups.values(), server.baseDn),
  ];
  const plan = compare(wanted, new Map([...heldPeople, ...heldGroups]));
  const heldReason = unusual(plan.changes.filter(({ action }) => action === 'disable').length, heldPeople.size);
  return heldReason ? { ...plan, heldReason } : plan;
}

/** The same for some people and the groups that they are or were in. */
export async function planPeople(
  db: Database,
  server: LdapServer,
  organisationId: string,
  personIds: readonly string[],
): Promise<Plan> {
  const people = await listDirectoryPeople(db, { organisationId, limit: personIds.length, personIds });
  const held = new Map<string, Entry>();
  for (const { educationId } of people) {
    const entry = await server.read(personDn(educationId, server.baseDn), personAttributes);
    if (entry) held.set(normalDn(entry.dn), entry);
  }
  // Groups are small in number: reading them all tells also where somebody has to leave.
  const groups = await server.inventory(groupsDn(server.baseDn), groupAttributes);
  const touched = people.map((person) => ({
    dn: personDn(person.educationId, server.baseDn),
    names: new Set(groupNames(person)),
  }));
  const wantedGroups = new Map<string, Entry>();
  for (const group of groups.values()) {
    const name = group.attributes.cn?.[0] ?? '';
    const members = new Map((group.attributes.member ?? []).map((dn) => [normalDn(dn), dn]));
    for (const { dn, names } of touched) {
      if (names.has(name)) members.set(normalDn(dn), dn);
      else members.delete(normalDn(dn));
    }
    wantedGroups.set(name, { dn: group.dn, attributes: { ...group.attributes, member: [...members.values()] } });
  }
  for (const person of people) {
    for (const name of groupNames(person)) {
      if (wantedGroups.has(name)) continue;
      const members = people.filter((other) => groupNames(other).includes(name)).map(({ educationId }) => educationId);
      wantedGroups.set(name, groupEntry(name, members, server.baseDn));
    }
  }
  const wanted = [...people.map((person) => personEntry(person, server.baseDn)), ...wantedGroups.values()];
  return compare(wanted, new Map([...held, ...groups]));
}

/** Every group of the registry, and those of the server that are empty now. */
function groupEntries(people: readonly DirectoryPerson[], held: Iterable<Entry>, baseDn: string): Entry[] {
  const members = new Map<string, Set<string>>();
  for (const group of held) members.set(group.attributes.cn?.[0] ?? '', new Set());
  for (const person of people) {
    for (const name of groupNames(person)) {
      const set = members.get(name) ?? new Set();
      set.add(person.educationId);
      members.set(name, set);
    }
  }
  return [...members].map(([name, educationIds]) => groupEntry(name, educationIds, baseDn));
}

function compare(wanted: readonly Entry[], held: ReadonlyMap<string, Entry>): Plan {
  const changes: PlannedChange[] = [];
  let unchanged = 0;
  for (const { dn, attributes } of wanted) {
    const before = held.get(normalDn(dn));
    const isLeaver = attributes.employeeType?.[0] === disabledType;
    if (!before) {
      if (isLeaver)
        unchanged += 1; // was never there: nothing to disable
      else changes.push({ action: 'add', dn, attributes });
      continue;
    }
    // The server adds superclasses to objectClass by itself.
    const differing = Object.entries(attributes).filter(
      ([type, values]) => type !== 'objectClass' && !sameValues(values, before.attributes[type] ?? []),
    );
    if (differing.length === 0) unchanged += 1;
    else changes.push({ action: isLeaver ? 'disable' : 'change', dn, attributes: Object.fromEntries(differing) });
  }
  return { changes, unchanged };
}

/** Values have no order and, being names in a directory, no case. */
function sameValues(one: readonly string[], other: readonly string[]): boolean {
  const fold = (values: readonly string[]) => values.map((value) => value.normalize('NFC')).sort();
  const [left, right] = [fold(one), fold(other)];
  return (
    left.length === right.length &&
    left.every((value, index) => value === right[index] || normalDn(value) === normalDn(right[index] ?? ''))
  );
}

function unusual(disabled: number, held: number): Text | undefined {
  const isMany = disabled > Math.max(mostDisabled.count, held * mostDisabled.part);
  const isLargePart = disabled >= mostDisabled.smallAtLeast && disabled > held * mostDisabled.smallPart;
  if (!isMany && !isLargePart) return undefined;
  return {
    vi: `${disabled} trong ${held} người sẽ bị vô hiệu hoá cùng lúc.`,
    en: `${disabled} of ${held} people would be disabled at once.`,
  };
}
