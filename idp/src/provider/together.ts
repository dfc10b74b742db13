import { sql } from 'kysely';
import Provider, { type AdapterPayload } from 'oidc-provider';

/** What one statement reads of the account beside a session or token. */
export interface AccountRead {
  readonly personId: string;
  readonly maySignIn: boolean;
  /** The account's epoch when this request read it; see {@link stampOf}. */
  readonly epoch: string;
}

/**
 * What one statement read beside the session or token that a request presents. oidc-provider asks for token, session,
 * grant and account one after the other; a round trip to the database costs more than all that it does with them.
 * Kept for the request alone, so nothing is older than the request itself.
 */
export interface Together {
  readonly grant?: { readonly id: string; readonly payload: AdapterPayload } | undefined;
  readonly session?: { readonly uid: string; readonly payload: AdapterPayload } | undefined;
  readonly account?: AccountRead | undefined;
  /** The token's family began with a DPoP proof (RFC 9449 §5) and goes on with one only. */
  readonly needsProof?: boolean | undefined;
}

const held = new WeakMap<object, Together>();

export function keepTogether(read: Together): void {
  if (Provider.ctx) held.set(Provider.ctx, read);
}

/** What the request has read together; empty when it presented nothing that was found. */
export function readTogether(): Together {
  return (Provider.ctx && held.get(Provider.ctx)) ?? {};
}

/**
 * The epoch of the person's account as this request knows it: that of the session or token it presented, else that of
 * the proof of a sign-in. Whatever is stored for the person is stored under it, and only while the account is still in
 * that epoch: what ends all of a person's sessions begins a new one, so that no request under way brings anything back (S9).
 */
export function stampOf(personId: string): string | undefined {
  const { account } = readTogether();
  if (account?.personId === personId) return account.epoch;
  const login = Provider.ctx?.oidc.result?.login as
    | { readonly accountId?: string; readonly epoch?: string }
    | undefined;
  return login?.accountId === personId ? login.epoch : undefined;
}

/** A session that is neither over nor idle (S8). */
export const liveSession = sql`s.expires_at > now() AND s.last_seen_at > now() - make_interval(secs => s.idle_seconds)`;

/** Suspended, not activated, left and merged people have no account for the provider (S2); of `personId`, a column. */
export const maySignInOf = (personId: string) => sql<boolean>`EXISTS (
  SELECT 1 FROM idp.account AS a JOIN registry.person AS p ON p.id = a.person_id
  WHERE a.person_id = ${sql.ref(personId)} AND a.status = 'active' AND p.status = 'active')`;

/** The epoch of the account of `personId`, a column; 0 for somebody without one. */
export const epochOf = (personId: string) => sql<string>`coalesce(
  (SELECT a.epoch FROM idp.account AS a WHERE a.person_id = ${sql.ref(personId)}), 0)`;
