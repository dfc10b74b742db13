import type { ServiceContext } from '@edutrust/platform/context';
import type { Selectable } from 'kysely';
import { type SigningTables, signingOf } from '../tables.ts';

/** How long one worker keeps a session to itself; another goes on when it has died, as soon as its job is given back (ADR 0390). */
export const leaseMs = 10_000;

/** Takes an authorised session that nobody has in hand; undefined when there is none to take. */
export async function lease(
  { db, clock }: ServiceContext,
  sessionId: string,
): Promise<Selectable<SigningTables['signing.session']> | undefined> {
  const now = clock.now();
  return signingOf(db)
    .updateTable('signing.session')
    .set({ lease_until: new Date(now.getTime() + leaseMs) })
    .where('id', '=', sessionId)
    .where('state', '=', 'authorised')
    .where((on) =>
      on.or([
        on('lease_until', 'is', null),
        on('lease_until', '<', now),
        // taken while a clock was wrong; one that was renewed since we looked at ours is no such
        on('lease_until', '>', new Date(now.getTime() + 2 * leaseMs)),
      ]),
    )
    .returningAll()
    .executeTakeFirst();
}

/** Says that whoever holds the session is alive. Without the database the lease ends, and each step is still done once. */
export async function renewLease({ db, clock, log }: ServiceContext, sessionId: string): Promise<void> {
  await signingOf(db)
    .updateTable('signing.session')
    .set({ lease_until: new Date(clock.now().getTime() + leaseMs) })
    .where('id', '=', sessionId)
    .where('state', '=', 'authorised')
    .where('lease_until', 'is not', null)
    .execute()
    .catch((error: unknown) => log.warn({ err: error, session: sessionId }, 'renewing a lease'));
}
