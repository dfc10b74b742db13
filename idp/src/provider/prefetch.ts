import Provider, { type AdapterPayload } from 'oidc-provider';
import type { Began } from '../risk/risk.ts';

/** What one statement reads of the account beside a session or token. */
export interface AccountRead {
  readonly personId: string;
  readonly maySignIn: boolean;
  /** They left: no app is theirs, our own pages are (ADR 0375). */
  readonly hasLeft?: boolean;
  /** The account's epoch when this request read it; see {@link stampOf}. */
  readonly epoch: string;
}

/**
 * What one statement read beside the session or token that a request presents. oidc-provider asks for token, session,
 * grant and account one after the other; a round trip to the database costs more than all that it does with them.
 * Kept for the request alone, so nothing is older than the request itself.
 */
export interface Prefetched {
  readonly grant?: { readonly id: string; readonly payload: AdapterPayload } | undefined;
  readonly session?: { readonly uid: string; readonly payload: AdapterPayload } | undefined;
  readonly account?: AccountRead | undefined;
  /** Whether the app is for the person (`apps/release.ts`). */
  readonly appOfPerson?:
    | { readonly personId: string; readonly clientId: string; readonly isForPerson: boolean }
    | undefined;
  /** The session sits in an exam: the clients that open, and no others. */
  readonly examApps?: readonly string[] | null | undefined;
  /** Where the session began. */
  readonly began?: Began | undefined;
  /** The token's family began with a DPoP proof (RFC 9449 §5) and goes on with one only. */
  readonly needsProof?: boolean | undefined;
}

const held = new WeakMap<object, Prefetched>();

export function keepPrefetched(read: Prefetched): void {
  if (Provider.ctx) held.set(Provider.ctx, read);
}

/** What the request has read together; empty when it presented nothing that was found. */
export function readPrefetched(): Prefetched {
  return (Provider.ctx && held.get(Provider.ctx)) ?? {};
}

/**
 * The epoch of the person's account as this request knows it: that of the session or token it presented, else that of
 * the proof of a sign-in. Whatever is stored for the person is stored under it, and only while the account is still in
 * that epoch: what ends all of a person's sessions begins a new one, so that no request under way brings anything back (S9).
 */
export function stampOf(personId: string): string | undefined {
  const { account } = readPrefetched();
  if (account?.personId === personId) return account.epoch;
  const login = Provider.ctx?.oidc.result?.login as
    | { readonly accountId?: string; readonly epoch?: string }
    | undefined;
  return login?.accountId === personId ? login.epoch : undefined;
}

/** A session `s` that is neither over, nor past the bell of its lesson, nor idle (S8). */
export const liveSession =
  's.expires_at > now() AND s.ends_at > now() AND s.last_seen_at > now() - make_interval(secs => s.idle_seconds)';

/**
 * Joins that tell of `personId`, a column, what {@link standingColumns} names. Suspended, not activated, left and merged
 * people have no account for the provider (S2); who left (`has_left`) has one before our own pages alone.
 */
export const standingOf = (personId: string) => `
  LEFT JOIN idp.account AS a ON a.person_id = ${personId}
  LEFT JOIN registry.person AS p ON p.id = ${personId}`;

/** The epoch is 0 for somebody without an account. */
export const standingColumns = `
  coalesce(a.status = 'active' AND p.status = 'active', false) AS may_sign_in,
  coalesce(a.status = 'active' AND p.status IN ('left', 'archived'), false) AS has_left, coalesce(a.epoch, 0) AS epoch`;
