import type { Entry, PackageTables } from '@edutrust/registry/roster';

type Item = Readonly<Record<string, unknown>>;
type Collections = Readonly<Record<'orgs' | 'users' | 'classes' | 'enrollments' | 'demographics', readonly Item[]>>;

/** What a OneRoster server gives as JSON (REST binding 1.1, 1.2), as the files of the CSV binding have it. */
export function toTables(read: Collections): PackageTables {
  return {
    format: 'OneRoster',
    isDelta: false,
    tables: {
      orgs: read.orgs.map((org) => ({ ...plain(org), parentsourcedid: idOf(org.parent) })),
      users: read.users.map((user) => ({
        ...plain(user),
        userids: listOf(user.userIds)
          .map(({ type, identifier }) => `{${type}:${identifier}}`)
          .join(','),
        agentsourcedids: listOf(user.agents).map(idOf).join(','),
        orgsourcedids: listOf(user.orgs).map(idOf).join(','),
      })),
      roles: read.users.flatMap((user) =>
        listOf(user.roles).map((role) => ({
          usersourcedid: String(user.sourcedId),
          role: String(role.role ?? ''),
          orgsourcedid: idOf(role.org),
        })),
      ),
      classes: read.classes.map((one) => ({ ...plain(one), schoolsourcedid: idOf(one.school) })),
      enrollments: read.enrollments.map((one) => ({
        ...plain(one),
        usersourcedid: idOf(one.user),
        classsourcedid: idOf(one.class),
        schoolsourcedid: idOf(one.school),
      })),
      demographics: read.demographics.map(plain),
    },
  };
}

/** Words, numbers and lists of words, by their names in lower case. */
function plain(item: Item): Entry {
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) => {
      const isWord = ['string', 'number', 'boolean'].includes(typeof value);
      const isWords = Array.isArray(value) && value.every((one) => typeof one === 'string');
      return isWord || isWords ? [[name.toLowerCase(), isWords ? value.join(',') : String(value)]] : [];
    }),
  );
}

const listOf = (value: unknown): readonly Item[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
const idOf = (reference: unknown): string =>
  typeof reference === 'object' && reference !== null ? String((reference as Item).sourcedId ?? '') : '';
