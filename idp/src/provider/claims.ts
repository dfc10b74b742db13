import { createHash } from 'node:crypto';
import type { Text } from '@edutrust/platform/messages';
import { formatEducationId } from '@edutrust/registry/education-id';
import type { PersonClaims } from '@edutrust/registry/people';
import type { Datum } from '../pages.ts';

/** What each scope releases, in the words of the ID token. `openid` alone gives a pairwise subject and nothing more. */
export const scopeClaims = {
  openid: ['sub'],
  profile: ['name', 'given_name', 'family_name', 'preferred_username'],
  school: ['affiliations'],
  groups: ['groups', 'roles'],
  email: ['email', 'email_verified'],
  birthdate: ['birthdate'],
  education_id: ['education_id'],
  acting_for: ['acting_for'],
} as const;

/**
 * The scopes an app may be registered for; `offline_access` releases nothing but keeps access, `ssf.…` are for its own
 * token (OpenID Shared Signals), `documents` too (documents that an app sends to be signed); `service` and `credential` are for
 * signing with a person’s key (CSC API §8.4).
 */
export const releasableScopes = [
  'openid',
  'profile',
  'school',
  'groups',
  'email',
  'birthdate',
  'education_id',
  'acting_for',
  'offline_access',
  'ssf.read',
  'ssf.manage',
  'documents',
  'service',
  'credential',
] as const;

/** Of the `scope` of a request what is about a person's data; scopes of APIs are not (`api-tokens.ts`). */
export const dataScopes = (scope: unknown): string[] =>
  String(scope ?? '')
    .split(' ')
    .filter((asked) => releasableScopes.some((known) => known === asked));

/** The names of the claims that these scopes release, in their order. */
export const claimNamesOf = (scopes: readonly string[]): string[] =>
  scopes.flatMap((scope) => [...(scopeClaims[scope as keyof typeof scopeClaims] ?? [])]);

/** Of all that is known the claims of these scopes, in their order; what is not known is left out. */
export function claimsOfScopes(known: Readonly<Record<string, unknown>>, scopes: readonly string[]) {
  return Object.fromEntries(claimNamesOf(scopes).flatMap((name) => (known[name] == null ? [] : [[name, known[name]]])));
}

/** What follows from the subject and the affiliations, for software that takes user names and flat lists only. */
export function derivedClaims(sub: string, { affiliations }: Pick<PersonClaims, 'affiliations'>) {
  const roles = new Set<string>();
  const groups = new Set<string>();
  for (const { role, school_code: school, class: name } of affiliations) {
    roles.add(role);
    for (const group of [role, school, `${school}/${role}`, ...(name ? [`${school}/${name}`] : [])]) groups.add(group);
  }
  return { preferred_username: usernameOf(sub), roles: [...roles], groups: [...groups] };
}

/**
 * A user name of 16 small letters and digits that every system takes: of the subject, so that it never changes and tells an app
 * nothing more, neither the education ID nor who it is in another app.
 */
function usernameOf(sub: string): string {
  const digest = createHash('sha256').update(`username\0${sub}`).digest();
  return `u${Array.from(digest.subarray(0, 15), (byte) => letters[byte % 32]).join('')}`;
}
const letters = 'abcdefghijkmnpqrstuvwxyz23456789'; // without l, o, 0 and 1, which look alike

const labels = {
  name: { vi: 'Họ và tên', en: 'Full name' },
  birthdate: { vi: 'Ngày sinh', en: 'Date of birth' },
  education_id: { vi: 'Mã giáo dục', en: 'Education ID' },
  email: { vi: 'Thư điện tử', en: 'E-mail address' },
  role: { vi: 'Vai trò', en: 'Role' },
  school: { vi: 'Trường', en: 'School' },
  class: { vi: 'Lớp', en: 'Class' },
} satisfies Record<string, Text>;

export const roleNames = {
  learner: { vi: 'Học sinh', en: 'Pupil' },
  teacher: { vi: 'Giáo viên', en: 'Teacher' },
  staff: { vi: 'Cán bộ, nhân viên', en: 'Staff' },
  guardian: { vi: 'Phụ huynh', en: 'Guardian' },
} satisfies Record<PersonClaims['affiliations'][number]['role'], Text>;

/** What the scopes would tell an app of this person: each datum with its actual value, in the reader's language. */
export function releasedData(
  claims: PersonClaims & { readonly email?: string | null },
  scopes: readonly string[],
  locale: 'vi' | 'en',
): Datum[] {
  const data: Datum[] = [];
  const add = (claim: string, label: Text, value: string | null) => {
    if (value) data.push({ claim, label: label[locale], value });
  };
  if (scopes.includes('profile')) add('name', labels.name, claims.name);
  if (scopes.includes('email')) add('email', labels.email, claims.email ?? null);
  if (scopes.includes('birthdate')) add('birthdate', labels.birthdate, claims.birthdate && dateFor(claims.birthdate));
  if (scopes.includes('education_id')) add('education_id', labels.education_id, formatEducationId(claims.education_id));
  if (scopes.includes('school') || scopes.includes('groups')) {
    for (const affiliation of claims.affiliations) {
      add('role', labels.role, roleNames[affiliation.role][locale]);
      add('school', labels.school, affiliation.school);
      add('class', labels.class, affiliation.class);
    }
  }
  return data;
}

/** What the scopes would tell an app of anybody: the data by name, without values. */
export function releasedLabels(scopes: readonly string[], locale: 'vi' | 'en'): string[] {
  const places = scopes.includes('school') || scopes.includes('groups') ? (['role', 'school', 'class'] as const) : [];
  const single = (['email', 'birthdate', 'education_id'] as const).filter((scope) => scopes.includes(scope));
  const named = scopes.includes('profile') ? (['name'] as const) : [];
  return [...named, ...single, ...places].map((datum) => labels[datum][locale]);
}

/** `2016-09-20` → `20/09/2016`, as it is written here in both languages. */
function dateFor(isoDate: string): string {
  return isoDate.split('-').reverse().join('/');
}

/** `Lớp 5A, Trường Tiểu học Lê Lợi`, or the title's place; null for a person who belongs nowhere now. */
export function placeOf(claims: PersonClaims, locale: 'vi' | 'en'): string | null {
  const [first] = claims.affiliations;
  if (!first) return null;
  return first.class ? `${labels.class[locale]} ${first.class}, ${first.school}` : first.school;
}
