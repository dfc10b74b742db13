import { createHash } from 'node:crypto';
import { type Database, statement } from '@edutrust/platform/database';
import type Provider from 'oidc-provider';
import { proofSeconds } from '../dpop-proof.ts';
import { librarySeconds } from '../library-time.ts';

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

/**
 * DPoP proofs and client assertions are used once (RFC 9449 §11.1, RFC 7523 §3): the library looks and then stores, so that
 * two processes could both have looked.
 */
export function ownReplayDetection(provider: Provider, db: Database): void {
  const replays = provider.ReplayDetection as unknown as {
    unique(issuer: string, jti: string, expiresAt: number): Promise<boolean>;
  };
  replays.unique = (issuer, jti, expiresAt) => firstUse(db, issuer, jti, Math.max(expiresAt - librarySeconds(), 1));
}

/**
 * Whether it is the first use of what an app names once. The clock of an app may be ahead: what it dated into the future is
 * taken for as long again as the library counts, and remembered for that long.
 */
export function firstUse(db: Database, issuer: string, jti: string, lifetimeSeconds: number): Promise<boolean> {
  const id = createHash('sha256').update(`${issuer}\0${jti}`).digest('base64url');
  return useOnce(db, id, lifetimeSeconds + proofSeconds);
}
