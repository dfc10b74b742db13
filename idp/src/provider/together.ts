import { sql } from 'kysely';
import Provider, { type AdapterPayload } from 'oidc-provider';
import { idleSeconds } from '../sessions/life.ts';

/**
 * What one statement read beside the session or token that a request presents. oidc-provider asks for token, session,
 * grant and account one after the other; a round trip to the database costs more than all that it does with them.
 * Kept for the request alone, so nothing is older than the request itself.
 */
export interface Together {
  readonly grant?: { readonly id: string; readonly payload: AdapterPayload } | undefined;
  readonly session?: { readonly uid: string; readonly payload: AdapterPayload } | undefined;
  readonly account?: { readonly personId: string; readonly maySignIn: boolean } | undefined;
}

const held = new WeakMap<object, Together>();

export function keepTogether(read: Together): void {
  if (Provider.ctx) held.set(Provider.ctx, read);
}

/** What the request has read together; empty when it presented nothing that was found. */
export function readTogether(): Together {
  return (Provider.ctx && held.get(Provider.ctx)) ?? {};
}

/** A session that is neither over nor idle (S8). */
export const liveSession = sql`s.expires_at > now() AND s.last_seen_at > now() - make_interval(secs => ${idleSeconds})`;

/** Suspended, not activated, left and merged people have no account for the provider (S2); of `personId`, a column. */
export const maySignInOf = (personId: string) => sql<boolean>`EXISTS (
  SELECT 1 FROM idp.account AS a JOIN registry.person AS p ON p.id = a.person_id
  WHERE a.person_id = ${sql.ref(personId)} AND a.status = 'active' AND p.status = 'active')`;
