import Provider from 'oidc-provider';
import { sessionSecondsLeft } from '../../sessions/timeouts.ts';
import { endedMeanwhile } from './model.ts';
import type { NewToken } from './token-statements.ts';

/** A grant of a session that is not stored yet. */
export interface NewGrant {
  readonly id: string;
  readonly clientId: string;
  readonly payload: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** What an authorization request stores together with its session. */
interface Entering {
  grant?: NewGrant;
  code?: NewToken;
  isCodeStored: boolean;
}

const held = new WeakMap<object, Entering>();

function enteringOf(ctx: object): Entering {
  const known = held.get(ctx) ?? { isCodeStored: false };
  held.set(ctx, known);
  return known;
}

/** Waits with the grant for the session that it belongs to; false outside a request. */
export function holdGrant(grant: NewGrant): boolean {
  const { ctx } = Provider;
  if (ctx) enteringOf(ctx).grant = grant;
  return ctx !== undefined;
}

/** What waits for the session of this request. */
export function takeEntering(): { readonly grant: NewGrant | undefined; readonly code: NewToken | undefined } {
  const entering = Provider.ctx && held.get(Provider.ctx);
  const { grant, code } = entering ?? {};
  delete entering?.grant;
  return { grant, code };
}

/** Whether a code waits for the session of this request. */
export function isEntering(): boolean {
  return (Provider.ctx && held.get(Provider.ctx)?.code) !== undefined;
}

/** The session was stored, and the code that waited with it. */
export function codeStored(): void {
  if (Provider.ctx) enteringOf(Provider.ctx).isCodeStored = true;
}

/**
 * Stores the code with the session and its new grant: one round trip and one commit, where the library makes three.
 *
 * @throws LoginRequired when the sign-in ended meanwhile
 */
export async function enterWithCode(code: NewToken): Promise<void> {
  const { ctx } = Provider;
  if (!ctx) throw new TypeError('a code belongs to a request');
  const entering = enteringOf(ctx);
  entering.code = code;
  // The library's types leave out what a session inherits, and that it is saved at the end when it was touched.
  const session = ctx.oidc.session as unknown as Saved;
  try {
    await session.save(sessionSecondsLeft(session));
  } finally {
    delete entering.code;
  }
  if (!entering.isCodeStored) throw endedMeanwhile();
  if (!session.destroyed) session.touched = true; // so that a new one gets its cookie; there is nothing more to store
}

interface Saved {
  transient?: boolean;
  loginTs?: number;
  touched: boolean;
  destroyed?: boolean;
  save(lifetimeSeconds: number): Promise<unknown>;
}
