import { type DirectoryPerson, splitName } from '@edutrust/registry/people';

/** An entry as the directory should hold it. Only the attributes named here are ours. */
export interface Entry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

/** What a person without a place any more is marked with: binding software looks at `employeeType`. */
export const disabledType = 'disabled';

/** RFC 4514 §2.4: a value inside a distinguished name. */
export function escapeValue(value: string): string {
  return value
    .replaceAll(/[\\,+"<>;=]/g, '\\$&')
    .replaceAll('\0', '\\00')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
}

export const peopleDn = (baseDn: string) => `ou=people,${baseDn}`;
export const groupsDn = (baseDn: string) => `ou=groups,${baseDn}`;
export const personDn = (educationId: string, baseDn: string) => `uid=${escapeValue(educationId)},${peopleDn(baseDn)}`;
export const groupDn = (name: string, baseDn: string) => `cn=${escapeValue(name)},${groupsDn(baseDn)}`;

/** inetOrgPerson (RFC 2798) of somebody who belongs here; of a leaver the mark and nothing else changes. */
export function personEntry(person: DirectoryPerson, baseDn: string): Entry {
  const dn = personDn(person.educationId, baseDn);
  if (person.status !== 'active') return { dn, attributes: { employeeType: [disabledType] } };
  const { familyName, givenName } = splitName(person.fullName);
  const { affiliations } = person;
  const unique = (values: readonly (string | null)[]) => [
    ...new Set(values.filter((value): value is string => value !== null)),
  ];
  return {
    dn,
    attributes: {
      objectClass: ['inetOrgPerson'],
      uid: [person.educationId],
      cn: [person.fullName],
      displayName: [person.fullName],
      sn: [familyName],
      givenName: [givenName],
      employeeNumber: [person.educationId],
      employeeType: unique(affiliations.map(({ role }) => role)),
      o: unique(affiliations.map(({ organisation }) => organisation.name)),
      ou: unique(affiliations.map(({ className }) => className)),
      title: unique(affiliations.map(({ title }) => title)),
    },
  };
}

/** The groups that a person is in: school, class, role. */
export function groupNames(person: DirectoryPerson): string[] {
  if (person.status !== 'active') return [];
  return person.affiliations.flatMap(({ role, organisation, className }) => [
    `role-${role}`,
    `school-${organisation.code}`,
    ...(className ? [`class-${organisation.code}-${className}`] : []),
  ]);
}

/** groupOfNames (RFC 4519 §3.5) needs a member: the base entry stands in every group, so that one may be empty. */
export function groupEntry(name: string, educationIds: Iterable<string>, baseDn: string): Entry {
  const members = [...educationIds].map((educationId) => personDn(educationId, baseDn));
  return {
    dn: groupDn(name, baseDn),
    attributes: { objectClass: ['groupOfNames'], cn: [name], member: [baseDn, ...members] },
  };
}
