import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IdpTools } from '../tools.ts';
import { setCookie } from './cookies.ts';
import { endSessions } from './end.ts';

/**
 * Ends the session of this browser, if it has one: what came of it, its cookie, and the pages kept here that «Back» would
 * show to whoever comes next (S10).
 */
export async function signOutHere(
  { context, cookies }: Pick<IdpTools, 'context' | 'cookies'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { actor } = request;
  if (actor?.kind === 'person') {
    await context.db
      .transaction()
      .execute((transaction) =>
        endSessions(transaction, context.jobs, { uid: actor.sessionId }, { actor, reason: 'signed-out' }),
      );
  }
  reply.header('set-cookie', setCookie(context.config.url, cookies.session, '', 0));
  reply.header('clear-site-data', '"cache"');
}
