import type { Actor } from '@edutrust/platform/actor';
import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { record } from '../events.ts';

/**
 * After a loss: what a backup holds of sessions, tokens and unused activation codes may have ended since, so none of
 * it works any more. Everybody signs in again; who had not activated yet is given a new code.
 */
export async function forgetSessions(transaction: Transaction, actor: Actor): Promise<void> {
  for (const table of [
    'session',
    'oauth_grant',
    'authorization_code',
    'device_code',
    'backchannel_request',
    'refresh_token',
    'access_token',
    'pushed_request',
  ])
    await sql`DELETE FROM ${sql.table(`idp.${table}`)}`.execute(transaction);
  await sql`
    UPDATE idp.activation SET revoked_at = now() WHERE used_at IS NULL AND revoked_at IS NULL`.execute(transaction);
  await record(transaction, { type: 'sessions.forgotten', actor, subject: { kind: 'installation', id: 'idp' } });
}
