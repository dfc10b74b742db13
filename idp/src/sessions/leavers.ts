import type { ServiceContext } from '@edutrust/platform/context';
import type { OutboxReader } from '@edutrust/platform/outbox';
import { endBadgesForGood } from '../badges/badges.ts';
import { endSessions } from './end.ts';

const actor = { kind: 'system', name: 'idp' } as const;

/**
 * Who leaves, or whose record is merged into another, is signed out everywhere, and the apps are told. What they were in is
 * closed from the moment they left: that is read at every request; this ends what would otherwise wake with a return. A badge
 * opens nothing from the same moment and sleeps until the archive, so that a list that was sent wrongly and undone does not
 * cost a school its badges; then it ends.
 */
export function leaversReader({ db, jobs, clock }: Pick<ServiceContext, 'db' | 'jobs' | 'clock'>): OutboxReader {
  return {
    consumer: 'idp.leavers',
    types: ['person.left', 'person.merged', 'person.archived'],
    // Ending is idempotent: an event that comes twice does no harm.
    handle: async (events) => {
      await db.transaction().execute(async (transaction) => {
        const archived = events.filter(({ type }) => type === 'person.archived').map(({ subject }) => subject.id);
        await endBadgesForGood(transaction, { clock }, archived, actor);
        for (const { type, subject } of events) {
          if (type === 'person.archived') continue;
          const reason = type === 'person.left' ? 'left' : 'merged';
          await endSessions(transaction, jobs, { personId: subject.id }, { actor, reason });
        }
      });
    },
  };
}
