import { sql } from 'kysely';
import type { ServiceContext } from '../context.ts';
import type { Transaction } from '../database/database.ts';
import { installationEvents } from '../events/installation.ts';
import type { Text } from '../messages/messages.ts';

/** How long one kind of personal data is kept, and what erases it (N5). A workspace declares those of its own tables. */
export interface RetentionRule {
  /** Stable: `accesses`. */
  readonly code: string;
  readonly what: Text;
  readonly keepMonths: number;
  /** The norm, or the purpose that ends, from which the time comes. */
  readonly source: string;
  /** Erases at most `most` rows that ended before; gives how many. */
  erase(transaction: Transaction, before: Date, most: number): Promise<number>;
}

const rowsAtOnce = 5_000;

/** The moment so many months before, at which keeping ends. */
export function monthsBefore(now: Date, months: number): Date {
  const then = new Date(now);
  then.setUTCMonth(then.getUTCMonth() - months);
  return then;
}

/**
 * How a rule erases rows of one table whose moment in `column` is past. By where they lie: a row that somebody renews in this
 * moment lies elsewhere, and stays.
 */
export function rowsBefore(table: string, column: string): RetentionRule['erase'] {
  return async (transaction, before, most) => {
    const { numAffectedRows } = await sql`
      DELETE FROM ${sql.table(table)} WHERE ctid IN (
        SELECT ctid FROM ${sql.table(table)} WHERE ${sql.ref(column)} < ${before} LIMIT ${most})`.execute(transaction);
    return Number(numAffectedRows ?? 0n);
  };
}

/**
 * Erases all that is past its time, in parts; each part and its event, which says how much, are one transaction. Doing it
 * again does nothing.
 */
export async function applyRetention(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  rules: readonly RetentionRule[],
): Promise<void> {
  for (const { code, keepMonths, erase } of rules) {
    const before = monthsBefore(clock.now(), keepMonths);
    for (let isMore = true; isMore; )
      isMore = await db.transaction().execute(async (transaction) => {
        const count = await erase(transaction, before, rowsAtOnce);
        if (count > 0)
          await installationEvents.record(transaction, {
            type: 'retention.applied',
            actor: { kind: 'system', name: 'retention' },
            subject: { kind: 'installation', id: code },
            data: { rule: code, count, before: before.toISOString() },
          });
        return count === rowsAtOnce;
      });
  }
}
