import { createHash, randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readCookie, setCookie } from '../sessions/cookies.ts';
import { signOutHere } from '../sessions/sign-out.ts';
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
  tools: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  proof: Proof,
  returnTo = '/',
): Promise<string> {
  const { context, cookies } = tools;
  const token = randomBytes(32).toString('base64url');
  await context.store.put(keyOf(token), proof, lifetimeSeconds);
  if (request.actor?.kind === 'person') await signOutHere(tools, request, reply);
  reply.header('set-cookie', setCookie(context.config.url, cookies.activated, token, lifetimeSeconds));
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
