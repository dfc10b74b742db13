import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';

/** Removes what has expired; nothing here is read after its end, so being late only costs room. */
export async function sweep(db: Database): Promise<void> {
  for (const table of [
    'session',
    'oauth_grant',
    'authorization_code',
    'device_code',
    'backchannel_request',
    'refresh_token',
    'access_token',
    'pushed_request',
    'replay',
  ]) {
    await sql`DELETE FROM ${sql.table(`idp.${table}`)} WHERE expires_at < now() - interval '1 hour'`.execute(db);
  }
  await sql`DELETE FROM idp.badge WHERE greatest(ended_at, expires_at) < now() - interval '2 years'`.execute(db);
  await sql`DELETE FROM idp.throttle WHERE last_at < now() - interval '2 days'`.execute(db);
}
