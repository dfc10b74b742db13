import type { Values } from '../../model/change.ts';
import { escapeValue, isPlain, normalDn, parseDn } from './dn.ts';

/** What somebody who left is marked with: software that binds looks at `employeeType`. */
export const disabledType = 'disabled';

export const peopleDn = (baseDn: string) => `ou=people,${baseDn}`;
export const groupsDn = (baseDn: string) => `ou=groups,${baseDn}`;
export const personDn = (key: string, baseDn: string) => `uid=${escapeValue(key)},${peopleDn(baseDn)}`;
export const groupDn = (key: string, baseDn: string) => `cn=${escapeValue(key)},${groupsDn(baseDn)}`;

/** The attributes of inetOrgPerson (RFC 2798) that are ours, by the neutral field that they hold. */
const attributesOf: Readonly<Record<string, readonly string[]>> = {
  educationId: ['employeeNumber'],
  fullName: ['cn', 'displayName'],
  familyName: ['sn'],
  givenName: ['givenName'],
  roles: ['employeeType'],
  organisations: ['o'],
  classes: ['ou'],
  titles: ['title'],
};

/** What an entry has a place for, and groups. */
export const carried: ReadonlySet<string> = new Set(['isActive', 'groups', ...Object.keys(attributesOf)]);

export const personAttributes = ['uid', ...Object.values(attributesOf).flat()];

/** What is written for these fields; of somebody who left the mark and nothing else. */
export function toAttributes(fields: Values): Record<string, string[]> {
  const attributes: Record<string, string[]> = {};
  for (const [field, values] of Object.entries(fields))
    for (const name of attributesOf[field] ?? []) attributes[name] = [...values];
  if (fields.isActive?.[0] === 'false') attributes.employeeType = [disabledType];
  return attributes;
}

/** What an entry says, in neutral fields. Two attributes of one field that differ are two values, so that neither stays. */
export function toFields(attributes: Values): Values {
  const isDisabled = attributes.employeeType?.includes(disabledType) ?? false;
  const fields: Record<string, readonly string[]> = { isActive: [String(!isDisabled)] };
  for (const [field, names] of Object.entries(attributesOf))
    fields[field] = [...new Set(names.flatMap((name) => attributes[name] ?? []))];
  if (isDisabled) fields.roles = [];
  return fields;
}

/** The key of a name directly below a branch: `uid=7901234568,ou=people,…` → `7901234568`; undefined for others' names. */
export function keyOf(dn: string, type: 'uid' | 'cn', branchDn: string): string | undefined {
  // As it was written by us, there is nothing to take apart.
  if (dn.startsWith(`${type}=`) && dn.endsWith(`,${branchDn}`)) {
    const value = dn.slice(type.length + 1, -branchDn.length - 1);
    if (isPlain(value)) return value;
  }
  const levels = parseDn(dn);
  const [first] = levels?.[0] ?? [];
  if (levels?.[0]?.length !== 1 || first?.type !== type) return undefined;
  const above = levels
    .slice(1)
    .map((level) => level.map((part) => `${part.type}=${escapeValue(part.value)}`).join('+'))
    .join(',');
  return normalDn(above) === normalDn(branchDn) ? first.value : undefined;
}
