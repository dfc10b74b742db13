import type { Values } from '../../model/change.ts';
import { escapeValue, isPlain, normalDn, parseDn } from './dn.ts';
import type { AccountControl, FieldAttribute, Profile } from './profiles.ts';

export const peopleDn = (baseDn: string) => `ou=people,${baseDn}`;
export const groupsDn = (baseDn: string) => `ou=groups,${baseDn}`;
export const groupDn = (key: string, baseDn: string) => `cn=${escapeValue(key)},${groupsDn(baseDn)}`;

/** What the texts of a profile are filled with, beside the key. */
export interface Filling {
  readonly domain?: string | undefined;
  readonly number?: number | undefined;
}

/** How one target writes people and groups, and how it is read: a profile with the target's own settings. */
export class Mapping {
  readonly profile: Profile;
  /** The person's number stands in an attribute. */
  readonly hasNumbers: boolean;
  /** What an entry has a place for, and groups. */
  readonly carries: ReadonlySet<string>;
  /** What is read of a person. */
  readonly attributes: readonly string[];
  readonly #domain: string | undefined;
  readonly #baseDn: string;

  constructor(profile: Profile, { baseDn, domain }: { readonly baseDn: string; readonly domain?: string | undefined }) {
    const { account, fields, active, disabled, control } = profile.person;
    this.profile = profile;
    this.#domain = domain;
    this.#baseDn = baseDn;
    this.hasNumbers = Object.values(account).some((text) => text.includes('{number}'));
    this.carries = new Set(['isActive', 'groups', 'educationId', ...Object.keys(fields)]);
    const names = [
      profile.person.naming,
      ...Object.keys(account),
      ...Object.values(fields).flat().map(nameOf),
      ...Object.keys(active),
      ...Object.keys(disabled),
      ...(control ? [control.attribute, control.passwordSet] : []),
    ];
    this.attributes = [...new Set(names)];
  }

  personDn(key: string): string {
    return `${this.profile.person.naming}=${escapeValue(key)},${peopleDn(this.#baseDn)}`;
  }

  keyOfPerson(dn: string): string | undefined {
    return keyOf(dn, this.profile.person.naming, peopleDn(this.#baseDn));
  }

  /** What is written for these fields; of somebody who left what disables them and nothing else. */
  toAttributes(key: string, fields: Values, number?: number): Record<string, string[]> {
    const { person } = this.profile;
    const attributes: Record<string, string[]> = {};
    if (fields.educationId)
      for (const [name, text] of Object.entries(person.account)) {
        const value = filled(text, { key, domain: this.#domain, number });
        if (value !== undefined) attributes[name] = [value];
      }
    for (const [field, values] of Object.entries(fields))
      for (const attribute of person.fields[field] ?? [])
        attributes[nameOf(attribute)] = values.map((value) => this.#written(attribute, value));
    const state = fields.isActive?.[0] === 'false' ? person.disabled : fields.isActive ? person.active : {};
    for (const [name, values] of Object.entries(state)) attributes[name] = [...values];
    return attributes;
  }

  /** A whole entry of somebody who comes. */
  newPerson(key: string, fields: Values, number?: number): Record<string, string[]> {
    const { classes, naming, control } = this.profile.person;
    const attributes = Object.entries(this.toAttributes(key, fields, number)).filter(([, values]) => values.length > 0);
    return {
      objectClass: [...classes],
      [naming]: [key],
      ...(control ? { [control.attribute]: [String(control.usual | control.disabled)] } : {}), // it has no password yet
      ...Object.fromEntries(attributes.filter(([name]) => name !== naming)),
    };
  }

  /** What is written to an entry that is there; one that another profile made gets what classes this one has besides. */
  changed(key: string, fields: Values, number?: number): Record<string, string[]> {
    const { classes } = this.profile.person;
    const isWhole = fields.educationId !== undefined && classes.length > 1;
    return { ...(isWhole ? { objectClass: [...classes] } : {}), ...this.toAttributes(key, fields, number) };
  }

  /**
   * The bits of an account, by how it stands now: enabled where it has a password, or somebody enabled it there who may have
   * set one that is to be changed; never open without one.
   */
  bitsOf({ attribute, usual, disabled, open, passwordSet }: AccountControl, held: Values, isActive: boolean): number {
    const bits = bitsIn(held[attribute]) ?? usual | disabled;
    const isUsed = isActive && (hasPassword(held[passwordSet]) || (bits & (disabled | open)) === 0);
    return isUsed ? bits & ~(disabled | open) : (bits & ~open) | disabled;
  }

  /** A whole entry of a group with its first members, by their names. */
  newGroup(key: string, members: readonly string[]): Record<string, string[]> {
    const { classes, attributes, mayBeEmpty } = this.profile.group;
    const texts = Object.entries(attributes).map(([name, text]) => [name, [filled(text, { key }) ?? '']] as const);
    const member = [...(mayBeEmpty ? [] : [this.#baseDn]), ...members];
    return { objectClass: [...classes], ...Object.fromEntries(texts), ...(member.length > 0 ? { member } : {}) };
  }

  /**
   * What an entry says, in neutral fields. Attributes of one field that do not say the same are as many values, and an empty
   * one, so that none of them stays.
   */
  toFields(key: string, attributes: Values, number?: number): Values {
    const { person } = this.profile;
    const isActive = this.#isActive(attributes);
    const fields: Record<string, readonly string[]> = {
      isActive: [isActive],
      educationId: this.#account(key, attributes, number),
    };
    for (const [field, list] of Object.entries(person.fields)) {
      // What says that somebody is disabled stands where something else stood.
      const said = list.filter((attribute) => isActive === 'true' || !(nameOf(attribute) in person.disabled));
      fields[field] = agreed(
        said.map((attribute) => (attributes[nameOf(attribute)] ?? []).map((value) => this.#read(attribute, value))),
      );
    }
    return fields;
  }

  /** The key, when everything that says it says it. */
  #account(key: string, attributes: Values, number: number | undefined): readonly string[] {
    const lists = Object.entries(this.profile.person.account).flatMap(([name, text]) => {
      const value = filled(text, { key, domain: this.#domain, number });
      if (value === undefined && !text.includes('{number}')) return [];
      return [(attributes[name] ?? []).map((held) => (held === value ? key : held))];
    });
    return agreed(lists);
  }

  /** `true`, `false`, or a word that is neither when some of the attributes say so and others not. */
  #isActive(attributes: Values): string {
    const { active, disabled, control } = this.profile.person;
    const says = (state: Values) =>
      Object.entries(state).every(([name, values]) => isSame(attributes[name] ?? [], values));
    if (control) {
      const bits = bitsIn(attributes[control.attribute]);
      if (bits === undefined || (bits & control.open) !== 0) return 'unknown';
      if ((bits & control.disabled) === 0) return says(active) ? 'true' : 'unknown';
      // Who is here and waits for a password is as they should be.
      return says(active) && !hasPassword(attributes[control.passwordSet]) ? 'true' : 'false';
    }
    if (says(disabled)) return 'false';
    const isMarked = Object.entries(disabled).some(
      ([name, values]) => values.length > 0 && isSame(attributes[name] ?? [], values),
    );
    return says(active) && !isMarked ? 'true' : 'unknown';
  }

  #written(attribute: FieldAttribute, value: string): string {
    if (typeof attribute === 'string') return value;
    const word = attribute.values?.[value] ?? value;
    return attribute.as ? attribute.as.replace('{value}', word).replace('{domain}', this.#domain ?? '') : word;
  }

  #read(attribute: FieldAttribute, value: string): string {
    if (typeof attribute === 'string') return value;
    const [before = '', after = ''] = (attribute.as ?? '{value}')
      .replace('{domain}', this.#domain ?? '')
      .split('{value}');
    if (!value.startsWith(before) || !value.endsWith(after)) return value;
    const word = value.slice(before.length, value.length - after.length);
    return Object.entries(attribute.values ?? {}).find(([, written]) => written === word)?.[0] ?? word;
  }
}

function bitsIn(values: readonly string[] | undefined): number | undefined {
  const [first = ''] = values ?? [];
  return /^-?\d+$/.test(first) ? Number(first) : undefined;
}

const hasPassword = (values: readonly string[] | undefined) => Number(values?.[0]) > 0;

const nameOf = (attribute: FieldAttribute) => (typeof attribute === 'string' ? attribute : attribute.name);

/** Undefined when something that stands in the text is not known. */
function filled(text: string, { key, domain, number }: Filling & { readonly key: string }): string | undefined {
  const known: Readonly<Record<string, string | undefined>> = { key, domain, number: number?.toString() };
  const parts = text.split(/\{(\w+)\}/).map((part, index) => (index % 2 === 0 ? part : known[part]));
  return parts.includes(undefined) ? undefined : parts.join('');
}

const isSame = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((value) => other.includes(value));

function agreed(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = []] = lists;
  if (lists.every((list) => isSame(list, first))) return first;
  return [...new Set(lists.flat()), ''];
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
