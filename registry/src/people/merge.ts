import type { Actor } from '@edutrust/platform/actor';
import type { Transaction } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { registryOf } from '../tables.ts';
import { type StateIdentifier, stateIdentifiers } from './identifiers.ts';
import { endAffiliations, lockActive, mustHoldNoDuty, organisationOf } from './people.ts';
import { noPerson } from './person.ts';

export function mergeSelf(): InvalidInput {
  return new InvalidInput('people/merge-self', {
    vi: 'Không thể gộp hồ sơ vào chính nó.',
    en: 'A record cannot be merged into itself.',
  });
}

/** What a merge took from the duplicate. */
export interface Moved {
  readonly affiliations: readonly string[];
  readonly enrolments: readonly string[];
  readonly aliases: readonly string[];
  readonly codes: readonly { readonly organisation_id: string; readonly kind: string; readonly code: string }[];
  /** By the side on which the duplicate stood: who stands on the other. */
  readonly guardianships: Readonly<Record<Side, readonly string[]>>;
  /** Those that ended instead: the record that stays has them too. */
  readonly ended: Readonly<Record<Side, readonly string[]>>;
  /** Numbers of the state that the record which stays had not; none of merges from before. */
  readonly numbers?: readonly StateIdentifier[];
}
type Side = 'child_id' | 'guardian_id';

/** Merges a duplicate into the record that stays; the old education ID is an alias until the two are split (`split.ts`). */
export async function merge(
  transaction: Transaction,
  duplicateId: string,
  intoId: string,
  { actor, today }: { readonly actor: Actor; readonly today: string },
): Promise<void> {
  if (duplicateId === intoId) throw mergeSelf();
  // Locked in one order, so that two merges cannot wait for each other.
  const locked = new Map<string, Awaited<ReturnType<typeof lockActive>>>();
  for (const id of [duplicateId, intoId].sort()) locked.set(id, await lockActive(transaction, id));
  const duplicate = locked.get(duplicateId);
  if (!duplicate) throw noPerson();
  await mustHoldNoDuty(transaction, duplicateId);
  const db = registryOf(transaction);
  const open = async (table: 'registry.affiliation' | 'registry.enrolment') =>
    (
      await sql<{ id: string }>`
        SELECT id FROM ${sql.table(table)} WHERE person_id = ${duplicateId} AND valid_until IS NULL`.execute(
        transaction,
      )
    ).rows.map(({ id }) => id);
  const belonged = { affiliations: await open('registry.affiliation'), enrolments: await open('registry.enrolment') };
  await endAffiliations(transaction, duplicateId, today);
  await db
    .updateTable('registry.person')
    .set({ status: 'merged', merged_into: intoId, version: duplicate.version + 1 })
    .where('id', '=', duplicateId)
    .execute();
  const aliases = await db
    .updateTable('registry.education_id_alias')
    .set({ person_id: intoId })
    .where('person_id', '=', duplicateId)
    .returning('education_id')
    .execute();
  await db
    .insertInto('registry.education_id_alias')
    .values({ education_id: duplicate.education_id, person_id: intoId })
    .execute();
  const moved: Moved = {
    ...belonged,
    aliases: aliases.map(({ education_id: id }) => id),
    ...(await carryOver(transaction, duplicateId, intoId, today)),
    numbers: await carryNumbers(transaction, duplicateId, intoId),
  };
  await sql`
    INSERT INTO registry.merge (duplicate_id, into_id, merged_on, status, moved)
    VALUES (${duplicateId}, ${intoId}, ${today}, ${duplicate.status}, ${JSON.stringify(moved)}::jsonb)`.execute(
    transaction,
  );
  await record(transaction, {
    type: 'person.merged',
    actor,
    subject: { kind: 'person', id: duplicateId },
    ...(await organisationOf(transaction, intoId)),
    data: { into: intoId },
  });
}

/** Numbers of the state that only the duplicate had; where both have one, the one of the record that stays counts. */
async function carryNumbers(transaction: Transaction, duplicateId: string, intoId: string): Promise<StateIdentifier[]> {
  const carried: StateIdentifier[] = [];
  for (const kind of stateIdentifiers) {
    const [sealed, index] = [sql.ref(`${kind}_sealed`), sql.ref(`${kind}_index`)];
    const { numAffectedRows } = await sql`
      UPDATE registry.person AS p SET ${sealed} = d.${sealed}, ${index} = d.${index}
      FROM registry.person AS d WHERE p.id = ${intoId} AND d.id = ${duplicateId}
        AND p.${index} IS NULL AND d.${index} IS NOT NULL`.execute(transaction);
    if (numAffectedRows === 1n) carried.push(kind);
  }
  return carried;
}

/**
 * Codes that schools know the duplicate by, and who guards it or whom it guards, become the record's that stays; what
 * that record has already, and what would make somebody their own guardian, ends.
 */
async function carryOver(
  transaction: Transaction,
  duplicateId: string,
  intoId: string,
  today: string,
): Promise<Pick<Moved, 'codes' | 'guardianships' | 'ended'>> {
  const { rows: codes } = await sql<Moved['codes'][number]>`
    UPDATE registry.local_code SET person_id = ${intoId} WHERE person_id = ${duplicateId}
    RETURNING organisation_id, kind, code`.execute(transaction);
  const guardianships: Record<Side, string[]> = { child_id: [], guardian_id: [] };
  const ended: Record<Side, string[]> = { child_id: [], guardian_id: [] };
  for (const [side, other] of [
    ['child_id', 'guardian_id'],
    ['guardian_id', 'child_id'],
  ] as const) {
    const { rows } = await sql<{ other: string }>`
      UPDATE registry.guardianship AS g SET ${sql.ref(side)} = ${intoId}
      WHERE g.${sql.ref(side)} = ${duplicateId} AND g.valid_until IS NULL AND g.${sql.ref(other)} <> ${intoId} AND NOT EXISTS (
        SELECT FROM registry.guardianship AS h WHERE h.valid_until IS NULL AND h.${sql.ref(side)} = ${intoId} AND h.${sql.ref(other)} = g.${sql.ref(other)})
      RETURNING g.${sql.ref(other)} AS other`.execute(transaction);
    guardianships[side].push(...rows.map((row) => row.other));
  }
  const { rows } = await sql<{ child_id: string; guardian_id: string }>`
    UPDATE registry.guardianship SET valid_until = ${today}
    WHERE valid_until IS NULL AND ${duplicateId} IN (child_id, guardian_id) RETURNING child_id, guardian_id`.execute(
    transaction,
  );
  for (const { child_id: child, guardian_id: guardian } of rows)
    if (child === duplicateId) ended.child_id.push(guardian);
    else ended.guardian_id.push(child);
  return { codes, guardianships, ended };
}
