import { setTimeout as pause } from 'node:timers/promises';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { Unavailable } from '@edutrust/platform/errors';
import type { Locale } from '@edutrust/platform/messages';
import type Type from 'typebox';
import { signingOf } from '../tables.ts';
import { authorise } from './authorise.ts';
import { completeSession } from './complete.ts';
import type { Confirmation, SessionResult } from './schemas.ts';

type Result = Type.Static<typeof SessionResult>;

/** How long a phone waits for its receipt; afterwards it may ask again with the same confirmation. */
const patienceMs = 25_000;

/**
 * Confirms a session and gives one result for each document. Sent again, by a phone that lost its connection, it gives
 * the same results and signs nothing twice.
 *
 * @throws what {@link authorise} throws; nothing is signed then.
 */
export async function confirmSession(
  context: ServiceContext,
  sessionId: string,
  confirmation: Confirmation,
  actor: PersonActor,
  locale: Locale,
): Promise<Result> {
  await authorise(context, sessionId, confirmation, actor);
  return completeAndTell(context, sessionId, locale);
}

/** Completes what was authorised, waits for it as long as a person does, and gives the results so far. */
export async function completeAndTell(context: ServiceContext, sessionId: string, locale: Locale): Promise<Result> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const done = await completeSession(context, sessionId).catch((error: unknown) => {
      // It is authorised and the job goes on; the phone is told that it is on its way.
      context.log.error({ err: error, session: sessionId }, 'completing; the job goes on');
      if (error instanceof Unavailable) return true;
      throw error;
    });
    if (done || (await isCompleted(context, sessionId))) break;
    await pause(50);
  }
  return sessionResult(context, sessionId, locale);
}

async function isCompleted({ db }: ServiceContext, sessionId: string): Promise<boolean> {
  const row = await signingOf(db)
    .selectFrom('signing.session')
    .select('state')
    .where('id', '=', sessionId)
    .executeTakeFirst();
  return row?.state === 'completed';
}

/** The results so far. */
async function sessionResult({ db }: ServiceContext, sessionId: string, locale: Locale): Promise<Result> {
  const rows = await signingOf(db)
    .selectFrom('signing.session_item as i')
    .innerJoin('signing.session as s', 's.id', 'i.session_id')
    .innerJoin('signing.request as r', 'r.id', 'i.request_id')
    .innerJoin('signing.step as t', (join) =>
      join.onRef('t.request_id', '=', 'i.request_id').onRef('t.position', '=', 'i.step'),
    )
    .select(['s.state as session', 'i.request_id', 'i.state', 'i.error', 'r.title', 't.closed_at'])
    .where('i.session_id', '=', sessionId)
    .where('i.artefact', '=', 'document') // its data comes to the same end
    .orderBy('i.position')
    .execute();
  return {
    id: sessionId,
    state: rows[0]?.session === 'completed' ? 'completed' : 'completing',
    items: rows.map(({ request_id, state, error, title, closed_at }) => ({
      requestId: request_id,
      title,
      state: state === 'signed' || state === 'failed' ? state : 'pending',
      signedAt: state === 'signed' ? (closed_at?.toISOString() ?? null) : null,
      error: error ? { code: error.code, detail: error.detail[locale] } : null,
    })),
  };
}
