import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';

export interface Discarded {
  /** Plans that nothing follows from: they are gone. */
  readonly forgotten: number;
  /** Plans that a newer one takes the place of. */
  readonly superseded: number;
}

/**
 * Of plans that nobody has accepted: one that changes and refuses nothing is forgotten, any other is superseded. For what
 * a schedule plans again and again.
 */
export async function discardPlans(transaction: Transaction, planIds: readonly string[]): Promise<Discarded> {
  const ids = sql`${[...planIds]}::uuid[]`;
  const { numAffectedRows: forgotten } = await sql`
    DELETE FROM registry.roster_plan AS p WHERE id = ANY(${ids}) AND status = 'planned'
      AND NOT EXISTS (SELECT FROM registry.roster_change AS c WHERE c.plan_id = p.id)
      AND NOT EXISTS (SELECT FROM registry.roster_refusal AS r WHERE r.plan_id = p.id)`.execute(transaction);
  const { numAffectedRows: superseded } = await sql`
    UPDATE registry.roster_plan SET status = 'superseded' WHERE id = ANY(${ids}) AND status IN ('planned', 'held')`.execute(
    transaction,
  );
  return { forgotten: Number(forgotten ?? 0n), superseded: Number(superseded ?? 0n) };
}
