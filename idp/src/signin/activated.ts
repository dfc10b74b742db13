import { createHash, randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readCookie, setCookie } from '../sessions/cookies.ts';
import { endSessions } from '../sessions/end.ts';
import type { IdpTools } from '../tools.ts';
import type { Proof } from './proof.ts';

/** Between choosing credentials and the sign-in that follows by redirects alone. */
const lifetimeSeconds = 120;
const keyOf = (token: string) => `idp:activated:${createHash('sha256').update(token).digest('hex')}`;

/**
 * Signs in a person who has just chosen credentials: the browser gets a token for the sign-in that it is sent to next. A
 * session that somebody else left open in this browser ends first. `returnTo` is a path of ours.
 */
export async function beginAfterActivation(
  { context, cookies }: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  proof: Proof,
  returnTo = '/',
): Promise<string> {
  const { config, store, db, jobs } = context;
  const token = randomBytes(32).toString('base64url');
  await store.put(keyOf(token), proof, lifetimeSeconds);
  const lines = [setCookie(config.url, cookies.activated, token, lifetimeSeconds)];
  const { actor } = request;
  if (actor?.kind === 'person') {
    await db
      .transaction()
      .execute((transaction) =>
        endSessions(transaction, jobs, { uid: actor.sessionId }, { actor, reason: 'signed-out' }),
      );
    lines.push(setCookie(config.url, cookies.session, '', 0));
  }
  reply.header('set-cookie', lines);
  return `/signin?return_to=${encodeURIComponent(returnTo)}`;
}

/** The proof of an activation that this browser has just finished; once. */
export async function takeActivation(
  { context, cookies }: IdpTools,
  request: FastifyRequest,
): Promise<Proof | undefined> {
  const token = readCookie(request.headers.cookie, cookies.activated);
  return token ? context.store.take<Proof>(keyOf(token)) : undefined;
}
