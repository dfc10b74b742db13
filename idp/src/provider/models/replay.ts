import { type Database, statement } from '@edutrust/platform/database';
import { type Adapter, errors } from 'oidc-provider';
import { nothing } from './model.ts';

const insert = statement<{ first: true }, [id: string, lifetimeSeconds: number]>(
  'idp.replay-insert',
  `INSERT INTO idp.replay AS seen (id, expires_at) VALUES ($1, now() + make_interval(secs => $2))
   ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at WHERE seen.expires_at <= now()
   RETURNING true AS first`,
);

/** Whether this is the first use of what must not be used twice within its life: the insert decides, for every process. */
export async function useOnce(db: Database, id: string, lifetimeSeconds: number): Promise<boolean> {
  return (await insert(db, id, lifetimeSeconds)).length === 1;
}

/** DPoP proofs and client assertions: the insert decides who was first (RFC 9449 §11.1). */
export function replayAdapter(db: Database): Adapter {
  return {
    ...nothing,
    find: async () => undefined,
    destroy: async () => undefined,
    upsert: async (id, _payload, lifetimeSeconds = 300) => {
      if (!(await useOnce(db, id, lifetimeSeconds)))
        throw new errors.InvalidRequest('proof or assertion was used before');
    },
  };
}
