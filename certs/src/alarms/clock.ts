import type { Database, Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';

/** Several processes' clocks may differ by so much; one that is further behind what was recorded is wrong. */
const toleranceMs = 60_000;

/**
 * Whether the clock is behind what this database has seen: a certificate that begins later, or a revocation list of
 * later. Lists are made at least twice an hour, so that a clock that is an hour behind is always found (C7).
 */
export async function isClockBehind(db: Database | Transaction, now: Date): Promise<boolean> {
  const latest = new Date(now.getTime() + toleranceMs).toISOString();
  const { rows } = await sql<{ behind: boolean }>`
    SELECT EXISTS (SELECT FROM certs.revocation_list WHERE this_update > ${latest})
      OR EXISTS (SELECT FROM certs.authority AS a
        WHERE (SELECT max(not_before) FROM certs.certificate WHERE issuer_id = a.id) > ${latest})
      AS behind`.execute(db);
  return rows[0]?.behind ?? false;
}
