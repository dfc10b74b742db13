import { type Database, statement } from '@edutrust/platform/database';
import { type Adapter, errors } from 'oidc-provider';
import { nothing } from './model.ts';

const insert = statement<{ first: true }, [id: string, lifetimeSeconds: number]>(
  'idp.replay-insert',
  `INSERT INTO idp.replay AS seen (id, expires_at) VALUES ($1, now() + make_interval(secs => $2))
   ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at WHERE seen.expires_at <= now()
   RETURNING true AS first`,
);

/** DPoP proofs and client assertions: the insert decides who was first (RFC 9449 §11.1). */
export function replayAdapter(db: Database): Adapter {
  return {
    ...nothing,
    find: async () => undefined,
    destroy: async () => undefined,
    upsert: async (id, _payload, lifetimeSeconds = 300) => {
      const first = await insert(db, id, lifetimeSeconds);
      if (first.length !== 1) throw new errors.InvalidRequest('proof or assertion was used before');
    },
  };
}
