import { dateInVietnam, sqlDateInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { TaskHandlers } from '@edutrust/platform/jobs';
import { sql } from 'kysely';
import { type RegistryEvent, record } from '../events.ts';
import { graceDays } from './standing.ts';

export const archiveTask = 'registry.archive';

const peopleAtOnce = 1_000;
const actor = { kind: 'system', name: 'archive' } as const;

/**
 * Archives everybody whose last affiliation ended `graceDays` ago or earlier; gives how many. The record, its history and
 * the education ID stay; a school's own code of the person is free again. Doing it again does nothing.
 */
export async function archiveLeavers({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Promise<number> {
  const until = dateInVietnam(new Date(clock.now().getTime() - graceDays * 86_400_000));
  for (let archived = 0; ; ) {
    const count = await db.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ id: string; organisation: string | null }>`
        UPDATE registry.person AS p SET status = 'archived', version = p.version + 1
        WHERE p.id IN (SELECT q.id FROM registry.person AS q WHERE q.status = 'left' AND coalesce(
            (SELECT max(coalesce(f.valid_until, 'infinity')) FROM registry.affiliation AS f WHERE f.person_id = q.id), ${sqlDateInVietnam('q.created_at')}) <= ${until}
          ORDER BY q.id LIMIT ${peopleAtOnce} FOR UPDATE SKIP LOCKED)
        RETURNING p.id, p.home_organisation_id AS organisation`.execute(transaction);
      const ids = rows.map(({ id }) => id);
      await sql`DELETE FROM registry.local_code WHERE person_id = ANY(${ids}::uuid[])`.execute(transaction);
      await record(
        transaction,
        ...rows.map(
          ({ id, organisation }): RegistryEvent => ({
            type: 'person.archived',
            actor,
            subject: { kind: 'person', id },
            ...(organisation ? { organisationId: organisation } : {}),
          }),
        ),
      );
      return rows.length;
    });
    archived += count;
    if (count < peopleAtOnce) return archived;
  }
}

export const archiveTasks = (context: ServiceContext): TaskHandlers => ({
  [archiveTask]: async () => {
    await archiveLeavers(context);
  },
});
