import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { hashOf } from './hash.ts';
import { nothing } from './model.ts';
import { findAskedToken } from './token.ts';

const keyOf = (id: string) => `idp:machine-token:${hashOf(id).toString('base64url')}`;

/** Kept where nothing is lost until the token would have ended by itself: a revocation is one, whatever the store forgets. */
const revoke = statement<never, [idHash: Buffer, lifetimeSeconds: number]>(
  'idp.machine-token-revoke',
  `INSERT INTO idp.access_token (id_hash, payload, consumed_at, expires_at)
   VALUES ($1, '{}', now(), now() + make_interval(secs => $2)) ON CONFLICT (id_hash) DO NOTHING`,
);

/**
 * Tokens of apps that act for themselves (RFC 6749 §4.4). One that is lost is asked for again, so they lie in the
 * short-lived store, under their hash; that one was revoked stands in the database, where asking about a token looks
 * anyway.
 */
export function machineTokenAdapter(
  { db, store }: Pick<ServiceContext, 'db' | 'store'>,
  lifetimeSeconds: number,
): Adapter {
  return {
    ...nothing,
    find: async (id) => {
      const found = await findAskedToken(db, id);
      if (found) return undefined; // revoked, or a token of a person
      const payload = await store.get<AdapterPayload>(keyOf(id));
      return payload && { ...payload, jti: id };
    },
    upsert: async (id, { jti: _secret, ...payload }, seconds = lifetimeSeconds) => {
      await store.put(keyOf(id), payload, seconds);
    },
    destroy: async (id) => {
      await revoke(db, hashOf(id), lifetimeSeconds);
      await store.delete(keyOf(id));
    },
  };
}
