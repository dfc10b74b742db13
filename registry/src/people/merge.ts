import type { Actor } from '@edutrust/platform/actor';
import type { Transaction } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { registryOf } from '../tables.ts';
import { endAffiliations, lockActive, mustHoldNoDuty, organisationOf } from './people.ts';
import { noPerson } from './person.ts';

export function mergeSelf(): InvalidInput {
  return new InvalidInput('people/merge-self', {
    vi: 'Không thể gộp hồ sơ vào chính nó.',
    en: 'A record cannot be merged into itself.',
  });
}

/** Merges a duplicate into the record that stays; the old education ID is an alias for ever. */
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
  await endAffiliations(transaction, duplicateId, today);
  await db
    .updateTable('registry.person')
    .set({ status: 'merged', merged_into: intoId, version: duplicate.version + 1 })
    .where('id', '=', duplicateId)
    .execute();
  await db
    .updateTable('registry.education_id_alias')
    .set({ person_id: intoId })
    .where('person_id', '=', duplicateId)
    .execute();
  await db
    .insertInto('registry.education_id_alias')
    .values({ education_id: duplicate.education_id, person_id: intoId })
    .execute();
  await carryOver(transaction, duplicateId, intoId, today);
  await record(transaction, {
    type: 'person.merged',
    actor,
    subject: { kind: 'person', id: duplicateId },
    ...(await organisationOf(transaction, intoId)),
    data: { into: intoId },
  });
}

/**
 * Codes that schools know the duplicate by, and who guards it or whom it guards, become the record's that stays; what
 * that record has already, and what would make somebody their own guardian, ends.
 */
async function carryOver(transaction: Transaction, duplicateId: string, intoId: string, today: string): Promise<void> {
  await sql`UPDATE registry.local_code SET person_id = ${intoId} WHERE person_id = ${duplicateId}`.execute(transaction);
  for (const [side, other] of [
    ['child_id', 'guardian_id'],
    ['guardian_id', 'child_id'],
  ] as const) {
    await sql`
      UPDATE registry.guardianship AS g SET ${sql.ref(side)} = ${intoId}
      WHERE g.${sql.ref(side)} = ${duplicateId} AND g.valid_until IS NULL AND g.${sql.ref(other)} <> ${intoId} AND NOT EXISTS (
        SELECT FROM registry.guardianship AS h WHERE h.valid_until IS NULL AND h.${sql.ref(side)} = ${intoId} AND h.${sql.ref(other)} = g.${sql.ref(other)})`.execute(
      transaction,
    );
  }
  await sql`
    UPDATE registry.guardianship SET valid_until = ${today}
    WHERE valid_until IS NULL AND ${duplicateId} IN (child_id, guardian_id)`.execute(transaction);
}
