import type { Actor } from '@edutrust/platform/actor';
import { statement, type Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import type { EducationIdIssuer } from '../education-id/education-id.ts';
import { record } from '../events.ts';
import { standing } from '../lifecycle/standing.ts';
import { type Role, recordedRolesOf } from '../permissions/permissions.ts';
import { separateDuties } from '../permissions/roles.ts';
import { type AffiliationRole, type Gender, registryOf } from '../tables.ts';
import type { IdentifierVault, SealedIdentifier } from './identifiers.ts';
import { parseBirthDate, parseFullName } from './name.ts';
import { noPerson } from './person.ts';
import { moveGuardians } from './relatives.ts';

export {
  type DirectoryPerson,
  type DirectoryPersonRow,
  directoryPersonText,
  listDirectoryPeople,
  readDirectoryPerson,
} from './directory.ts';
export { createIdentifierVault, type IdentifierVault, officialIdsOf } from './identifiers.ts';
export { countActivePeople, schoolsOf } from './leavers.ts';
export { compareByGivenName, parseFullName, splitName } from './name.ts';
export {
  addressOf,
  claimsOfSummary,
  findByEducationId,
  getPerson,
  hasLeft,
  homeOf,
  type Person,
  type PersonClaims,
  personClaims,
} from './person.ts';
export {
  countPeople,
  findPerson,
  findSummary,
  listPeople,
  type PersonSummary,
  type PersonView,
  peopleCountedUpTo,
  personSummaryColumns,
} from './views.ts';

export interface NewPerson {
  readonly fullName: string;
  /** `YYYY-MM-DD` */
  readonly birthDate?: string;
  readonly gender?: Gender;
  readonly moetId?: string;
  readonly personalNumber?: string;
  readonly affiliations: readonly NewAffiliation[];
}

export interface NewAffiliation {
  readonly organisationId: string;
  readonly role: AffiliationRole;
  readonly title?: string;
  readonly classId?: string;
}

/** What changing people needs beside the transaction. */
export interface PeopleTools {
  readonly issuer: EducationIdIssuer;
  readonly vault: IdentifierVault;
}

/** Adds a person with a new education ID and their first affiliations; gives the person's id. */
export async function createPerson(
  transaction: Transaction,
  { issuer, vault }: PeopleTools,
  input: NewPerson,
  options: { readonly actor: Actor; readonly today: string },
): Promise<{ id: string; educationId: string }> {
  const db = registryOf(transaction);
  const [educationId] = await issuer.issue(transaction, 1);
  if (!educationId) throw new Error('no education ID was issued');
  const moet = input.moetId ? vault.seal('moet_id', input.moetId) : undefined;
  const personal = input.personalNumber ? vault.seal('personal_number', input.personalNumber) : undefined;
  const id = uuidv7();
  const inserted = await db
    .insertInto('registry.person')
    .values({
      id,
      education_id: educationId,
      full_name: parseFullName(input.fullName),
      birth_date: input.birthDate ? parseBirthDate(input.birthDate) : null,
      gender: input.gender ?? null,
      merged_into: null,
      moet_id_sealed: moet?.sealed ?? null,
      moet_id_index: moet?.index ?? null,
      personal_number_sealed: personal?.sealed ?? null,
      personal_number_index: personal?.index ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 0n) {
    throw new Conflict('people/moet-id-taken', {
      vi: 'Mã định danh Bộ GD&ĐT này đã thuộc về một người khác.',
      en: "This ministry's identifier belongs to somebody else.",
    });
  }
  const organisationId = input.affiliations[0]?.organisationId;
  await record(transaction, {
    type: 'person.created',
    actor: options.actor,
    subject: { kind: 'person', id },
    ...(organisationId ? { organisationId } : {}),
  });
  for (const affiliation of input.affiliations) await affiliate(transaction, id, affiliation, options);
  return { id, educationId };
}

/** Adds an affiliation, and the enrolment in a class when one is named. */
export async function affiliate(
  transaction: Transaction,
  personId: string,
  { organisationId, role, title, classId }: NewAffiliation,
  { actor, today }: { readonly actor: Actor; readonly today: string },
): Promise<void> {
  const db = registryOf(transaction);
  if (classId) await mustBelongTo(transaction, classId, organisationId);
  await db
    .insertInto('registry.affiliation')
    .values({
      id: uuidv7(),
      person_id: personId,
      organisation_id: organisationId,
      role,
      title: title ?? null,
      valid_from: today,
      valid_until: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  if (classId) await enrol(transaction, personId, classId, today);
  await record(transaction, {
    type: 'affiliation.started',
    actor,
    subject: { kind: 'person', id: personId },
    organisationId,
    data: { role, ...(classId ? { classId } : {}) },
  });
}

/** A school puts people into its own classes only. @throws InvalidInput `people/class-elsewhere` */
async function mustBelongTo(transaction: Transaction, classId: string, organisationId: string): Promise<void> {
  const found = await registryOf(transaction)
    .selectFrom('registry.class')
    .select('organisation_id')
    .where('id', '=', classId)
    .executeTakeFirst();
  if (found?.organisation_id === organisationId) return;
  throw new InvalidInput('people/class-elsewhere', {
    vi: 'Lớp này không thuộc trường đã chọn.',
    en: 'The class does not belong to the chosen school.',
  });
}

async function enrol(transaction: Transaction, personId: string, classId: string, today: string): Promise<void> {
  await registryOf(transaction)
    .insertInto('registry.enrolment')
    .values({ id: uuidv7(), person_id: personId, class_id: classId, valid_from: today, valid_until: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function lockActive(transaction: Transaction, id: string) {
  if (!isUuid(id)) throw noPerson();
  const found = await registryOf(transaction)
    .selectFrom('registry.person')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!found) throw noPerson();
  if (found.status === 'merged') {
    throw new Conflict('people/merged', {
      vi: 'Hồ sơ này đã được gộp vào hồ sơ khác.',
      en: 'This record was merged into another.',
    });
  }
  if (found.status === 'erased') throw noPerson();
  return found;
}

const organisationsOfPeople = statement<{ id: string; organisationId: string | null }, [ids: readonly string[]]>(
  'registry.organisations-of-people',
  `SELECT p.id, coalesce(p.home_organisation_id, (SELECT f.organisation_id FROM registry.affiliation AS f
      WHERE f.person_id = p.id ORDER BY f.valid_until DESC NULLS FIRST, f.id DESC LIMIT 1)) AS "organisationId"
   FROM registry.person AS p WHERE p.id = ANY($1::uuid[])`,
);

/** The organisation of events about each of these people: their home, else where they belong or belonged last. */
export async function organisationsOf(
  transaction: Transaction,
  personIds: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const rows = await organisationsOfPeople(transaction, personIds);
  return new Map(rows.map(({ id, organisationId }) => [id, organisationId]));
}

/** As {@link organisationsOf}, of one person, as a part of an event. */
export async function organisationOf(transaction: Transaction, personId: string): Promise<{ organisationId?: string }> {
  const organisationId = (await organisationsOf(transaction, [personId])).get(personId);
  return organisationId ? { organisationId } : {};
}

/** Corrects what is known of a person, by the approval that two people gave where there is one. Unchanged values make no event. */
export async function changePerson(
  transaction: Transaction,
  id: string,
  change: {
    readonly fullName?: string;
    readonly birthDate?: string;
    readonly gender?: Gender;
    /** Numbers of the state that are written anew; null takes one away. */
    readonly identifiers?: Readonly<Partial<Record<'moet_id' | 'lifelong_code', SealedIdentifier | null>>>;
  },
  actor: Actor,
  approval?: string,
): Promise<void> {
  const before = await lockActive(transaction, id);
  const after = {
    full_name: change.fullName === undefined ? before.full_name : parseFullName(change.fullName),
    birth_date: change.birthDate === undefined ? before.birth_date : parseBirthDate(change.birthDate),
    gender: change.gender ?? before.gender,
  };
  const numbers = Object.entries(change.identifiers ?? {}) as ['moet_id' | 'lifelong_code', SealedIdentifier | null][];
  const fields = [
    ...(Object.keys(after) as (keyof typeof after)[]).filter((field) => after[field] !== before[field]),
    ...numbers.map(([kind]) => kind),
  ];
  if (fields.length === 0) return;
  for (const [kind, number] of numbers) if (number) await mustBeNobodys(transaction, id, kind, number);
  const sealed = Object.fromEntries(
    numbers.flatMap(([kind, number]) => [
      [`${kind}_sealed`, number?.sealed ?? null],
      [`${kind}_index`, number?.index ?? null],
    ]),
  );
  await registryOf(transaction)
    .updateTable('registry.person')
    .set({ ...after, ...sealed, version: before.version + 1 })
    .where('id', '=', id)
    .execute();
  await record(transaction, {
    type: 'person.changed',
    actor,
    subject: { kind: 'person', id },
    ...(await organisationOf(transaction, id)),
    data: { fields, ...(approval ? { approval } : {}) },
  });
}

/**
 * A number of the state is one person's, also of somebody who left, or whose record was merged into another's. Of two who
 * write it at once the table lets one.
 */
async function mustBeNobodys(
  transaction: Transaction,
  id: string,
  kind: 'moet_id' | 'lifelong_code',
  { index }: SealedIdentifier,
): Promise<void> {
  const { rows } = await sql`
    SELECT FROM registry.person WHERE ${sql.ref(`${kind}_index`)} = ${index} AND id <> ${id}
      AND merged_into IS DISTINCT FROM ${id}::uuid`.execute(transaction);
  if (rows.length === 0) return;
  throw new Conflict('people/identifier-taken', {
    vi: 'Mã này đã thuộc về một người khác.',
    en: 'This identifier belongs to somebody else.',
  });
}

/**
 * Ends every affiliation, enrolment and role. The record, the education ID and the history stay.
 *
 * @throws Conflict `people/holds-duty` for somebody without whom the department cannot act: two people end that role first.
 */
export async function leave(
  transaction: Transaction,
  id: string,
  { actor, today }: { readonly actor: Actor; readonly today: string },
): Promise<void> {
  const before = await lockActive(transaction, id);
  if (before.status === 'left' || before.status === 'archived') return;
  standing.mustMove(before.status, 'left');
  await mustHoldNoDuty(transaction, id);
  const organisation = await organisationOf(transaction, id);
  const db = registryOf(transaction);
  await endAffiliations(transaction, id, today);
  await db
    .updateTable('registry.role_assignment')
    .set({ ended_at: sql`now()`, attestation: null })
    .where('person_id', '=', id)
    .where('ended_at', 'is', null)
    .execute();
  await db
    .updateTable('registry.person')
    .set({ status: 'left', version: before.version + 1 })
    .where('id', '=', id)
    .execute();
  await record(transaction, { type: 'person.left', actor, subject: { kind: 'person', id }, ...organisation });
}

export async function mustHoldNoDuty(transaction: Transaction, id: string): Promise<void> {
  const duty = (await recordedRolesOf(transaction, id)).find(({ role }) => separateDuties.has(role as Role));
  if (!duty) return;
  throw new Conflict(
    'people/holds-duty',
    {
      vi: 'Người này đang giữ một vai trò của Sở, nên chưa thể rời hoặc bị gộp.',
      en: 'This person holds a role of the department, so they can neither leave nor be merged yet.',
    },
    { remedy: { vi: 'Hai người cùng thu vai trò đó trước.', en: 'Two people end that role first.' } },
  );
}

export async function endAffiliations(
  transaction: Transaction,
  id: string,
  today: string,
  role?: AffiliationRole,
): Promise<void> {
  const db = registryOf(transaction);
  let affiliations = db
    .updateTable('registry.affiliation')
    .set({ valid_until: today })
    .where('person_id', '=', id)
    .where('valid_until', 'is', null);
  if (role) affiliations = affiliations.where('role', '=', role);
  await affiliations.execute();
  await db
    .updateTable('registry.enrolment')
    .set({ valid_until: today })
    .where('person_id', '=', id)
    .where('valid_until', 'is', null)
    .execute();
}

/** Somebody who had left belongs again, with the same record and education ID; somebody who is there stays as they are. */
export async function comeBack(
  transaction: Transaction,
  id: string,
  affiliation: NewAffiliation,
  { actor, today }: { readonly actor: Actor; readonly today: string },
): Promise<void> {
  const before = await lockActive(transaction, id);
  if (before.status === 'active') return;
  standing.mustMove(before.status, 'active');
  await registryOf(transaction)
    .updateTable('registry.person')
    .set({ status: 'active', version: before.version + 1 })
    .where('id', '=', id)
    .execute();
  await affiliate(transaction, id, affiliation, { actor, today });
  await record(transaction, {
    type: 'person.returned',
    actor,
    subject: { kind: 'person', id },
    organisationId: affiliation.organisationId,
  });
}

/** Moves a learner to another school or class, their guardians with them; a person who had left comes back. */
export async function transfer(
  transaction: Transaction,
  id: string,
  to: { readonly organisationId: string; readonly classId?: string },
  { actor, today }: { readonly actor: Actor; readonly today: string },
): Promise<void> {
  const before = await lockActive(transaction, id);
  const db = registryOf(transaction);
  const from = await organisationOf(transaction, id);
  await endAffiliations(transaction, id, today, 'learner');
  await db
    .updateTable('registry.person')
    .set({ status: 'active', version: before.version + 1 })
    .where('id', '=', id)
    .execute();
  await affiliate(transaction, id, { ...to, role: 'learner' }, { actor, today });
  if (from.organisationId && from.organisationId !== to.organisationId)
    await moveGuardians(
      transaction,
      { personId: id, from: from.organisationId, to: to.organisationId },
      { actor, today },
    );
  await record(transaction, {
    type: 'person.transferred',
    actor,
    subject: { kind: 'person', id },
    organisationId: to.organisationId,
    data: { from: from.organisationId ?? null, to: to.organisationId },
  });
}
