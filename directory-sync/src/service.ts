import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import { readOutbox } from '@edutrust/platform/events';
import type { Service } from '@edutrust/platform/service';
import { reconcilePeople, runTarget } from './engine/run.ts';
import { addSyncRoutes } from './targets/routes.ts';
import { readTargets } from './targets/store.ts';

export { migrations } from './migrations.ts';

const actor = { kind: 'system', name: 'sync' } as const;
const fullRunTask = 'sync.full-run';
const catchUpTask = 'sync.catch-up';

/** Keeps other directories in step: at once by the outbox, and by a full comparison every night. */
export function createDirectorySync(context: ServiceContext): Service {
  const { db, log } = context;
  let reader: { stop(): Promise<void> } | undefined;

  const runAll = async (onlyLate: boolean) => {
    for (const target of await readTargets(db)) {
      if (target.state === 'paused' || (onlyLate && !target.needs_full_run)) continue;
      await runTarget(context, target.id, { mode: 'apply', actor }).catch((error: unknown) => {
        if (!(error instanceof EduTrustError)) throw error; // another process is at it, or it was removed meanwhile
      });
    }
  };

  return {
    name: 'sync',
    routes: (app) => addSyncRoutes(app, context),
    tasks: { [fullRunTask]: () => runAll(false), [catchUpTask]: () => runAll(true) },
    schedule: { [fullRunTask]: '10 18 * * *', [catchUpTask]: '*/5 * * * *' }, // 01:10 in Vietnam; every five minutes
    start: () => {
      reader = readOutbox(
        db,
        {
          consumer: 'directory-sync',
          types: ['person.', 'affiliation.'],
          handle: async (events) => {
            const personIds = [
              ...new Set(events.filter(({ subject }) => subject.kind === 'person').map(({ subject }) => subject.id)),
            ];
            if (personIds.length === 0) return;
            for (const target of await readTargets(db)) {
              if (target.state !== 'paused') await reconcilePeople(context, target, personIds);
            }
          },
        },
        (error) => log.error({ err: error }, 'sync reader'),
      );
    },
    close: async () => reader?.stop(),
  };
}
