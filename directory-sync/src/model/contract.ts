import { type DirectoryPerson, splitName } from '@edutrust/registry/people';
import Type from 'typebox';
import type { Values } from './change.ts';

/** What may be said of a person beside the education ID and whether they belong. */
export const contractFields = ['name', 'birthDate', 'gender', 'roles', 'organisations', 'classes', 'titles'] as const;
export type ContractField = (typeof contractFields)[number];

const Fields = Type.Array(Type.Enum([...contractFields]), { maxItems: contractFields.length, uniqueItems: true });
const roles = ['learner', 'teacher', 'staff', 'guardian'] as const;

/** What one recipient gets to know of whom (N2): of learners, of everyone else, and in which roles people count at all. */
export const Contract = Type.Object(
  {
    learners: Fields,
    others: Fields,
    roles: Type.Array(Type.Enum([...roles]), { minItems: 1, uniqueItems: true }),
    /** Whose documents its feed and webhooks tell of: apps by their client ids, or `*` for every document. */
    documentsOf: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 50, uniqueItems: true }),
    ),
  },
  { additionalProperties: false },
);
export type Contract = Type.Static<typeof Contract>;

/** Of learners the least that a school system works with; neither birth date nor gender unless the contract says so. */
export const usualContract: Contract = {
  learners: ['name', 'roles', 'organisations', 'classes'],
  others: ['name', 'roles', 'organisations', 'classes', 'titles'],
  roles: [...roles],
};

/** A person as a recipient may know them. */
export interface ReleasedPerson {
  readonly personId: string;
  /** The education ID: the name of the person everywhere. */
  readonly key: string;
  readonly isActive: boolean;
  /** By neutral field name; of someone who left only that they left. */
  readonly fields: Values;
  /** Names of the groups they are in. */
  readonly groups: readonly string[];
}

/** The one place where it is decided what leaves the registry about whom. */
export function release(person: DirectoryPerson, contract: Contract): ReleasedPerson {
  const places = person.affiliations.filter(({ role }) => contract.roles.includes(role));
  const base = { personId: person.id, key: person.educationId };
  if (person.status !== 'active' || places.length === 0)
    return { ...base, isActive: false, fields: { isActive: ['false'] }, groups: [] };
  // Who is a learner anywhere here is minimised as one.
  const allowed = places.some(({ role }) => role === 'learner') ? contract.learners : contract.others;
  const { familyName, givenName } = splitName(person.fullName);
  const unique = (values: readonly (string | null)[]) => [...new Set(values)].filter((value) => value !== null);
  const all: Record<ContractField, Values> = {
    name: { fullName: [person.fullName], familyName: [familyName], givenName: [givenName] },
    birthDate: { birthDate: unique([person.birthDate]) },
    gender: { gender: unique([person.gender]) },
    roles: { roles: unique(places.map(({ role }) => role)) },
    organisations: { organisations: unique(places.map(({ organisation }) => organisation.name)) },
    classes: { classes: unique(places.map(({ className }) => className)) },
    titles: { titles: unique(places.map(({ title }) => title)) },
  };
  return {
    ...base,
    isActive: true,
    fields: Object.assign(
      { isActive: ['true'], educationId: [person.educationId] },
      ...contractFields.filter((field) => allowed.includes(field)).map((field) => all[field]),
    ),
    groups: unique(places.flatMap((place) => groupsOf(place, allowed))).sort(),
  };
}

/** Why a recipient gets a field of somebody, or does not. */
export type FieldReason = 'allowed' | 'not-in-contract' | 'unknown' | 'not-released';

/** One field of the contract, as a recipient gets it of one person. */
export interface FieldPreview {
  readonly field: ContractField;
  readonly values: readonly string[];
  readonly reason: FieldReason;
}

/** Field by field what a recipient would get of a person, and why not the rest; exactly what {@link release} decides. */
export function preview(person: DirectoryPerson, contract: Contract): FieldPreview[] {
  const released = release(person, contract);
  const everything = release(person, { ...contract, learners: [...contractFields], others: [...contractFields] });
  return contractFields.map((field) => {
    const name = field === 'name' ? 'fullName' : field; // the other parts of a name say the same
    const values = released.fields[name];
    const isKnown = (everything.fields[name] ?? []).length > 0;
    const reason = !released.isActive
      ? 'not-released'
      : values === undefined
        ? 'not-in-contract'
        : isKnown
          ? 'allowed'
          : 'unknown';
    return { field, values: values ?? [], reason };
  });
}

/** The groups that a place puts a person in: a group says what its field would say. */
function groupsOf(
  { role, organisation, className }: DirectoryPerson['affiliations'][number],
  allowed: readonly ContractField[],
): string[] {
  return [
    ...(allowed.includes('roles') ? [`role-${role}`] : []),
    ...(allowed.includes('organisations') ? [`school-${organisation.code}`] : []),
    ...(allowed.includes('classes') && className ? [`class-${organisation.code}-${className}`] : []),
  ];
}
