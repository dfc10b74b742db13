import type { Transaction } from '@edutrust/platform/database';
import { type RawBuilder, sql } from 'kysely';
import { tokenTables } from '../../sessions/end.ts';

/** Ends the grants that the condition names, with every code and token that came of them. */
export async function endGrants(transaction: Transaction, condition: RawBuilder<unknown>): Promise<void> {
  const grants = sql`SELECT id FROM idp.oauth_grant WHERE ${condition}`;
  for (const table of tokenTables) {
    await sql`DELETE FROM ${table} WHERE grant_id IN (${grants})`.execute(transaction);
  }
  await sql`DELETE FROM idp.oauth_grant WHERE ${condition}`.execute(transaction);
}
