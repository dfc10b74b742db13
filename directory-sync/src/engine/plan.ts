import { createHash } from 'node:crypto';
import type { Database } from '@edutrust/platform/database';
import { type DirectoryPerson, listDirectoryPeople } from '@edutrust/registry/people';
import canonicalize from 'canonicalize';
import {
  disabledType,
  type Entry,
  groupDn,
  groupEntry,
  groupNames,
  groupsDn,
  peopleDn,
  personDn,
  personEntry,
} from '../ldap/entry.ts';
import { type LdapServer, type MemberChange, normalDn } from '../ldap/server.ts';

/** One thing to do at the server. */
export interface PlannedChange {
  readonly action: 'add' | 'change' | 'disable';
  readonly dn: string;
  /** What is written whole: every attribute of a new entry, the differing ones of an old one. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** Of a group that exists: who comes and who goes. Everybody else in it is left alone. */
  readonly members?: MemberChange;
  /** Whom a `disable` is about. */
  readonly personId?: string;
}

export interface Plan {
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
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

/** SHA-256 over everything that the plan would do (D16): two plans of one digest do the same. */
export function digestOf(changes: readonly PlannedChange[]): Buffer {
  const text = canonicalize(changes.map(({ personId: _person, ...change }) => change)) ?? '';
  return createHash('sha256').update(text).digest();
}

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
  const ofPeople = comparePeople(people, server.baseDn, heldPeople);
  const ofGroups = compareGroups(groupEntries(people, heldGroups.values(), server.baseDn), heldGroups, server.baseDn);
  return {
    changes: [...ofPeople.changes, ...ofGroups.changes],
    unchanged: ofPeople.unchanged + ofGroups.unchanged,
  };
}

/**
 * The same for some people and the groups that they are or were in. No group is read with its members: in a city one
 * group holds every pupil.
 */
export async function planPeople(
  db: Database,
  server: LdapServer,
  organisationId: string,
  personIds: readonly string[],
): Promise<Plan> {
  const people = await listDirectoryPeople(db, { organisationId, limit: personIds.length, personIds });
  const held = new Map<string, Entry>();
  const members = new Map<string, { add: string[]; remove: string[] }>();
  const change = (name: string) => {
    const found = members.get(name) ?? { add: [], remove: [] };
    members.set(name, found);
    return found;
  };
  for (const person of people) {
    const dn = personDn(person.educationId, server.baseDn);
    const entry = await server.read(dn, personAttributes);
    if (entry) held.set(normalDn(entry.dn), entry);
    const now = new Set(await server.groupsOf(dn, groupsDn(server.baseDn)));
    const wanted = new Set(groupNames(person));
    for (const name of wanted) if (!now.has(name)) change(name).add.push(dn);
    for (const name of now) if (!wanted.has(name)) change(name).remove.push(dn);
  }
  const changes: PlannedChange[] = [];
  for (const [name, { add, remove }] of [...members].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const dn = groupDn(name, server.baseDn);
    if (await server.exists(dn)) changes.push({ action: 'change', dn, attributes: {}, members: { add, remove } });
    else if (add.length > 0) {
      const { attributes } = groupEntry(name, [], server.baseDn);
      changes.push({ action: 'add', dn, attributes: { ...attributes, member: [server.baseDn, ...add] } });
    }
  }
  const ofPeople = comparePeople(people, server.baseDn, held);
  return { changes: [...ofPeople.changes, ...changes], unchanged: ofPeople.unchanged };
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

function comparePeople(people: readonly DirectoryPerson[], baseDn: string, held: ReadonlyMap<string, Entry>): Plan {
  const changes: PlannedChange[] = [];
  let unchanged = 0;
  for (const person of people) {
    const { dn, attributes } = personEntry(person, baseDn);
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
    else {
      const action = isLeaver ? 'disable' : 'change';
      changes.push({ action, dn, attributes: Object.fromEntries(differing), personId: person.id });
    }
  }
  return { changes, unchanged };
}

function compareGroups(wanted: readonly Entry[], held: ReadonlyMap<string, Entry>, baseDn: string): Plan {
  const changes: PlannedChange[] = [];
  let unchanged = 0;
  for (const { dn, attributes } of wanted) {
    const before = held.get(normalDn(dn));
    if (!before) {
      changes.push({ action: 'add', dn, attributes });
      continue;
    }
    const now = new Map((before.attributes.member ?? []).map((member) => [normalDn(member), member]));
    const should = new Map((attributes.member ?? []).map((member) => [normalDn(member), member]));
    const add = [...should].filter(([name]) => !now.has(name)).map(([, member]) => member);
    const remove = [...now]
      .filter(([name]) => !should.has(name) && name !== normalDn(baseDn))
      .map(([, member]) => member);
    if (add.length + remove.length === 0) unchanged += 1;
    else changes.push({ action: 'change', dn, attributes: {}, members: { add, remove } });
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
