import type { Actor } from '@edutrust/platform/actor';
import type { Database } from '@edutrust/platform/database';
import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { viewOf } from '../page-reply.ts';
import type { View } from '../pages.ts';
import { sharedDeviceLife } from './timeouts.ts';

/** Whether the session is that of a computer that others use too: its cookie ends with the browser. */
export async function isSharedSession(db: Database, uid: string): Promise<boolean> {
  const { rows } = await sql<{ shared: boolean }>`
    SELECT coalesce((payload->>'transient')::boolean, false) AS shared FROM idp.session WHERE uid = ${uid}`.execute(db);
  return rows[0]?.shared === true;
}

/** How a page of somebody who is signed in is shown: on a shared computer it knows when the session ends. */
export async function viewOfSession(
  { db }: { readonly db: Database },
  request: FastifyRequest,
  { sessionId }: Pick<Extract<Actor, { kind: 'person' }>, 'sessionId'>,
): Promise<View> {
  const view = viewOf(request);
  return (await isSharedSession(db, sessionId)) ? { ...view, idleSeconds: sharedDeviceLife.idleSeconds } : view;
}
