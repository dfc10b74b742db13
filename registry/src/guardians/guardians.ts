import type { Actor } from '@edutrust/platform/actor';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { affiliate } from '../people/people.ts';
import { registryOf } from '../tables.ts';

export const relations = ['mother', 'father', 'guardian'] as const;
export type Relation = (typeof relations)[number];

interface By {
  readonly actor: Actor;
  /** In Vietnam, `YYYY-MM-DD`. */
  readonly today: string;
}

/**
 * Makes somebody a guardian of a learner. The guardian is kept with the child's school as one, so that the school
 * finds them; it is no home: a guardian alone has none.
 *
 * @throws NotFound; InvalidInput `guardians/not-a-learner`, `guardians/self`; Conflict `guardians/already`.
 */
export async function addGuardian(
  transaction: Transaction,
  {
    childId,
    guardianId,
    relation,
  }: { readonly childId: string; readonly guardianId: string; readonly relation: Relation },
  { actor, today }: By,
): Promise<string> {
  if (childId === guardianId)
    throw new InvalidInput('guardians/self', {
      vi: 'Không ai là người giám hộ của chính mình.',
      en: 'Nobody is their own guardian.',
    });
  const organisationId = await schoolOf(transaction, childId);
  if (!organisationId)
    throw new InvalidInput('guardians/not-a-learner', {
      vi: 'Chỉ thêm người giám hộ cho học sinh đang học.',
      en: 'Only a learner who belongs to a school now is given a guardian.',
    });
  const id = uuidv7();
  const inserted = await registryOf(transaction)
    .insertInto('registry.guardianship')
    .values({ id, guardian_id: guardianId, child_id: childId, relation, valid_from: today, valid_until: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 0n)
    throw new Conflict('guardians/already', {
      vi: 'Người này đã là người giám hộ của em.',
      en: 'This person is a guardian of the child already.',
    });
  await affiliate(transaction, guardianId, { organisationId, role: 'guardian' }, { actor, today });
  await record(transaction, {
    type: 'guardianship.started',
    actor,
    subject: { kind: 'person', id: childId },
    organisationId,
    data: { guardianshipId: id, guardianId, relation },
  });
  return id;
}

/**
 * Ends a guardianship; the history stays. Where no other child of the guardian is at the school, it keeps them no
 * longer.
 *
 * @throws NotFound
 */
export async function endGuardianship(transaction: Transaction, id: string, { actor, today }: By): Promise<void> {
  const found = await findGuardianship(transaction, id);
  if (!found || found.validUntil !== null) throw noGuardianship();
  const { childId, guardianId } = found;
  await sql`UPDATE registry.guardianship SET valid_until = ${today} WHERE id = ${id}`.execute(transaction);
  await sql`
    UPDATE registry.affiliation AS f SET valid_until = ${today}
    WHERE f.person_id = ${guardianId} AND f.role = 'guardian' AND f.valid_until IS NULL AND NOT EXISTS (
      SELECT FROM registry.guardianship AS g
      JOIN registry.affiliation AS c ON c.person_id = g.child_id AND c.role = 'learner' AND c.valid_until IS NULL
      WHERE g.guardian_id = ${guardianId} AND g.valid_until IS NULL AND c.organisation_id = f.organisation_id)`.execute(
    transaction,
  );
  const organisationId = await schoolOf(transaction, childId);
  await record(transaction, {
    type: 'guardianship.ended',
    actor,
    subject: { kind: 'person', id: childId },
    ...(organisationId ? { organisationId } : {}),
    data: { guardianshipId: id, guardianId },
  });
}

export interface Guardianship {
  readonly childId: string;
  readonly guardianId: string;
  readonly validUntil: string | null;
}

/** Locked until the transaction ends. Undefined when there is none. */
export async function findGuardianship(transaction: Transaction, id: string): Promise<Guardianship | undefined> {
  if (!isUuid(id)) return undefined;
  const { rows } = await sql<Guardianship>`
    SELECT child_id AS "childId", guardian_id AS "guardianId", valid_until AS "validUntil"
    FROM registry.guardianship WHERE id = ${id} FOR UPDATE`.execute(transaction);
  return rows[0];
}

export function noGuardianship(): NotFound {
  return new NotFound('guardians/not-found', {
    vi: 'Không có quan hệ giám hộ này.',
    en: 'There is no such guardianship.',
  });
}

/** Where a learner goes to school now. */
async function schoolOf(transaction: Transaction, personId: string): Promise<string | undefined> {
  const { rows } = isUuid(personId)
    ? await sql<{ organisation_id: string }>`
        SELECT organisation_id FROM registry.affiliation
        WHERE person_id = ${personId} AND role = 'learner' AND valid_until IS NULL ORDER BY valid_from DESC, id DESC LIMIT 1`.execute(
        transaction,
      )
    : { rows: [] };
  return rows[0]?.organisation_id;
}
