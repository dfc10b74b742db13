import type { Database, Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { isUuid } from '@edutrust/platform/ids';
import { parseEducationId } from '../education-id/education-id.ts';
import { type AffiliationRole, type Gender, type PersonStatus, registryOf } from '../tables.ts';
import { splitName } from './name.ts';
import { findSummary, type PersonSummary } from './views.ts';

/** A person as the other services need one. */
export interface Person {
  readonly id: string;
  readonly educationId: string;
  readonly fullName: string;
  readonly birthDate: string | null;
  readonly gender: Gender | null;
  readonly status: PersonStatus;
}

/** The person of an education ID, also of an old one after a merge; undefined when nobody has it. */
export async function findByEducationId(db: Database | Transaction, text: string): Promise<Person | undefined> {
  const educationId = parseEducationId(text);
  const registry = registryOf(db);
  const alias = await registry
    .selectFrom('registry.education_id_alias')
    .select('person_id')
    .where('education_id', '=', educationId)
    .executeTakeFirst();
  const found = await registry
    .selectFrom('registry.person')
    .select(['id', 'education_id', 'full_name', 'birth_date', 'gender', 'status'])
    .where(alias ? 'id' : 'education_id', '=', alias ? alias.person_id : educationId)
    .executeTakeFirst();
  return found ? toPerson(found) : undefined;
}

/** @throws NotFound */
export async function getPerson(db: Database | Transaction, id: string): Promise<Person> {
  const found = isUuid(id)
    ? await registryOf(db)
        .selectFrom('registry.person')
        .select(['id', 'education_id', 'full_name', 'birth_date', 'gender', 'status'])
        .where('id', '=', id)
        .executeTakeFirst()
    : undefined;
  if (!found) throw noPerson();
  return toPerson(found);
}

/** Whether the person belongs nowhere any longer, and may come back. */
export const hasLeft = ({ status }: Pick<Person, 'status'>): boolean => status === 'left' || status === 'archived';

function toPerson(row: {
  id: string;
  education_id: string;
  full_name: string;
  birth_date: string | null;
  gender: Gender | null;
  status: PersonStatus;
}): Person {
  return {
    id: row.id,
    educationId: row.education_id,
    fullName: row.full_name,
    birthDate: row.birth_date,
    gender: row.gender,
    status: row.status,
  };
}

/** What an ID token may say of a person, before any app's release rules. */
export interface PersonClaims {
  readonly name: string;
  readonly given_name: string;
  readonly family_name: string;
  readonly birthdate: string | null;
  readonly education_id: string;
  /** The affiliations of now. */
  readonly affiliations: readonly {
    readonly role: AffiliationRole;
    readonly school: string;
    readonly school_code: string;
    readonly class: string | null;
  }[];
}

/** @throws NotFound */
export async function personClaims(db: Database | Transaction, id: string): Promise<PersonClaims> {
  return claimsOfSummary(await findSummary(db, id));
}

export function claimsOfSummary(person: PersonSummary): PersonClaims {
  const { familyName, givenName } = splitName(person.fullName);
  return {
    name: person.fullName,
    given_name: givenName,
    family_name: familyName,
    birthdate: person.birthDate,
    education_id: person.educationId,
    affiliations: person.affiliations.map(({ role, organisation, className }) => ({
      role,
      school: organisation.name,
      school_code: organisation.code,
      class: className,
    })),
  };
}

export const noPerson = () =>
  new NotFound('people/not-found', { vi: 'Không có người này.', en: 'There is no such person.' });

/** The organisation that governs the person; undefined for guardians alone. */
export async function homeOf(db: Database | Transaction, personId: string): Promise<string | undefined> {
  const found = await registryOf(db as Database)
    .selectFrom('registry.person')
    .select('home_organisation_id')
    .where('id', '=', personId)
    .executeTakeFirst();
  return found?.home_organisation_id ?? undefined;
}

/** Where the person's notices are mailed to; null when nowhere. */
export async function addressOf(db: Database | Transaction, personId: string): Promise<string | null> {
  const found = await registryOf(db as Database)
    .selectFrom('registry.person')
    .select('email')
    .where('id', '=', personId)
    .executeTakeFirst();
  return found?.email ?? null;
}
