import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { type Adapter, errors } from 'oidc-provider';
import { inSeconds } from './hash.ts';
import { nothing } from './model.ts';

/** DPoP proofs and client assertions: the insert decides who was first (RFC 9449 §11.1). */
export function replayAdapter(db: Database): Adapter {
  return {
    ...nothing,
    find: async () => undefined,
    destroy: async () => undefined,
    upsert: async (id, _payload, lifetimeSeconds = 300) => {
      const { numAffectedRows } = await sql`
        INSERT INTO idp.replay AS seen (id, expires_at) VALUES (${id}, ${inSeconds(lifetimeSeconds)})
        ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at WHERE seen.expires_at <= now()`.execute(db);
      if (numAffectedRows !== 1n) throw new errors.InvalidRequest('proof or assertion was used before');
    },
  };
}
