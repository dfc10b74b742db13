import type { ServiceContext } from '@edutrust/platform/context';
import { signingOf } from '../tables.ts';

/** The job that releases files prepared for sessions that nobody confirmed. */
export const forgetTask = 'signing.forget-sessions';

/** Closes sessions that have expired and releases their files. The list and the challenge stay as they were. */
export async function forgetSessions({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const tables = signingOf(transaction);
    const expired = await tables
      .updateTable('signing.session')
      .set({ state: 'expired' })
      .where('state', '=', 'open')
      .where('expires_at', '<=', clock.now())
      .returning('id')
      .execute();
    if (expired.length === 0) return;
    await tables
      .updateTable('signing.session_item')
      .set({ prepared: null })
      .where(
        'session_id',
        'in',
        expired.map(({ id }) => id),
      )
      .execute();
  });
}
