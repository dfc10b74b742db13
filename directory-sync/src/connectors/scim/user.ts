import type { Values } from '../../model/change.ts';
import type { Body } from './http.ts';
import type { Profile } from './profiles.ts';

/** What is sent of a user; of somebody who left only that. */
export function toUser(key: string, fields: Values, { active, keepsExternalId }: Profile): Record<string, unknown> {
  const one = (field: string) => fields[field]?.[0];
  const name = { formatted: one('fullName'), familyName: one('familyName'), givenName: one('givenName') };
  const isNamed = Object.values(name).some((part) => part !== undefined);
  const isActive = one('isActive') === 'true';
  return {
    ...(fields.educationId ? { userName: key, ...(keepsExternalId ? { externalId: key } : {}) } : {}),
    ...(isNamed ? { name: Object.fromEntries(Object.entries(name).filter(([, part]) => part !== undefined)) } : {}),
    ...(fields.fullName ? { displayName: one('fullName') } : {}),
    ...(fields.isActive ? { active: active === 'boolean' ? isActive : isActive ? 'True' : 'False' } : {}),
  };
}

/** The same by path, each for itself: whether a `name` with two parts keeps the third is read in two ways. */
export const pathsOf = (user: Readonly<Record<string, unknown>>): [path: string, value: unknown][] =>
  Object.entries(user).flatMap(([path, value]) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([part, own]): [string, unknown] => [`${path}.${part}`, own])
      : [[path, value] as [string, unknown]],
  );

/** A user as the server has it, with what is to be another: for a server that takes whole users, or whole names. */
export function merged(now: Body, change: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { meta: _meta, groups: _groups, ...kept } = now; // the server's own
  return { ...kept, ...change, ...(change.name ? { name: { ...objectOf(now.name), ...objectOf(change.name) } } : {}) };
}

const objectOf = (value: unknown): Body => (typeof value === 'object' && value !== null ? (value as Body) : {});

export function toFields(user: Body): Values {
  const name = objectOf(user.name);
  const list = (value: unknown) => [text(value)].filter((one) => one !== undefined);
  return {
    // Absent is active (RFC 7643 §4.1.1 leaves it to the server); some answer with a text.
    isActive: [String(user.active === undefined ? true : String(user.active).toLowerCase() === 'true')],
    educationId: list(user.userName),
    fullName: [...new Set([...list(name.formatted), ...list(user.displayName)])],
    familyName: list(name.familyName),
    givenName: list(name.givenName),
  };
}

export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export const listOf = (value: unknown): Body[] =>
  Array.isArray(value) ? value.filter((one): one is Body => typeof one === 'object' && one !== null) : [];
