import type { LoadFile, Opening } from '../connector.ts';
import { profileOf, type Settings } from './client.ts';
import { parseDn } from './dn.ts';
import { groupDn, groupsDn, Mapping, peopleDn } from './mapping.ts';

/** What stands in a line as it is: the printable part of SAFE-STRING (RFC 2849 §2). */
const isSafe = (value: string) => /^(?![ :<])[ -~]*$/.test(value) && !value.endsWith(' ');

const line = (name: string, value: string) =>
  isSafe(value) ? `${name}: ${value}\n` : `${name}:: ${Buffer.from(value).toString('base64')}\n`;

/** One entry as a record (RFC 2849 `ldif-attrval-record`) with the blank line that ends it. */
export function entryOf(dn: string, attributes: Readonly<Record<string, readonly string[]>>): string {
  const lines = Object.entries(attributes).flatMap(([name, values]) => values.map((value) => line(name, value)));
  return `${line('dn', dn)}${lines.join('')}\n`;
}

/** By the attribute that names it: what may stand above our branches in a database that holds nothing yet. */
const baseClasses: Readonly<Record<string, string>> = { dc: 'domain', o: 'organization', ou: 'organizationalUnit' };

/** Everything of a target as LDIF for `slapadd`: the base, the two branches, people, groups with their members. */
export function ldifOf({ settings, numbers }: Opening<Settings>): LoadFile {
  const { baseDn } = settings;
  const mapping = new Mapping(profileOf(settings), settings);
  return {
    carries: mapping.carries,
    head: () => {
      const [naming] = parseDn(baseDn)?.[0] ?? [];
      const objectClass = naming && baseClasses[naming.type];
      const base =
        naming && objectClass ? entryOf(baseDn, { objectClass: [objectClass], [naming.type]: [naming.value] }) : '';
      const branches = [
        [peopleDn(baseDn), 'people'],
        [groupsDn(baseDn), 'groups'],
      ] as const;
      const made = branches.map(([dn, ou]) => entryOf(dn, { objectClass: ['organizationalUnit'], ou: [ou] }));
      return `${base}${made.join('')}`; // slapadd knows no line for the version
    },
    people: async (people) => {
      const taken = mapping.hasNumbers ? await numbers.take(people.map(({ key }) => key)) : new Map<string, number>();
      return people
        .map(({ key, fields }) => entryOf(mapping.personDn(key), mapping.newPerson(key, fields, taken.get(key))))
        .join('');
    },
    group: (name, people) => {
      const members = people.map((key) => mapping.personDn(key));
      return entryOf(groupDn(name, baseDn), mapping.newGroup(name, members));
    },
  };
}
