import type { ServiceContext } from '@edutrust/platform/context';
import type { OutboxReader } from '@edutrust/platform/outbox';
import { endSessions } from './end.ts';

const actor = { kind: 'system', name: 'idp' } as const;

/**
 * Who leaves, or whose record is merged into another, is signed out everywhere, and the apps are told. They cannot
 * get in from the moment they left: that is read at every request; this ends what would otherwise wake with a return.
 */
export function leaversReader({ db, jobs }: Pick<ServiceContext, 'db' | 'jobs'>): OutboxReader {
  return {
    consumer: 'idp.leavers',
    types: ['person.left', 'person.merged'],
    // Ending is idempotent: an event that comes twice does no harm.
    handle: async (events) => {
      await db.transaction().execute(async (transaction) => {
        for (const { type, subject } of events) {
          const reason = type === 'person.left' ? 'left' : 'merged';
          await endSessions(transaction, jobs, { personId: subject.id }, { actor, reason });
        }
      });
    },
  };
}
