import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { LdapServer } from '../ldap/server.ts';
import { syncOf } from '../tables.ts';
import { addressOf, findTarget, readTargets, type TargetRow } from '../targets/store.ts';
import { apply, rememberDisabled } from './apply.ts';
import { holdLeavers, leaversOf, unusual } from './guard.ts';
import { queueOf } from './held.ts';
import { withTarget } from './lock.ts';
import { planPeople } from './plan.ts';

/** The job that brings the people who changed to one target; by the target's id. */
export const liveTask = 'sync.live';

const batchSize = 200;

/**
 * Notes for every target that these people changed; each target's own job brings them there. A target that is behind gets
 * them with its next full run: a server that hangs costs the others nothing.
 */
export async function noteChanges(context: ServiceContext, personIds: readonly string[]): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    for (const target of await readTargets(transaction)) {
      if (target.state === 'paused') continue;
      await sql`
        INSERT INTO sync.pending (target_id, person_id) SELECT ${target.id}, unnest(${[...personIds]}::uuid[])
        ON CONFLICT (target_id, person_id) DO UPDATE SET added_at = clock_timestamp()`.execute(transaction);
      if (target.state !== 'slow') await enqueueLive(context, transaction, target.id);
    }
  });
}

async function enqueueLive({ jobs }: ServiceContext, transaction: Transaction, targetId: string): Promise<void> {
  const options = { key: `${liveTask}:${targetId}`, queue: queueOf(targetId) };
  await jobs.enqueue(transaction, liveTask, { targetId }, options);
}

/**
 * Brings those who wait to a target. One that does not answer, or refuses, is noted for a full run: the change is late
 * there, not lost. Leavers that are unusually many are left to the full run, which holds them (D14).
 *
 * @throws Conflict `sync/running`: the job tries again.
 */
export async function bringPending(context: ServiceContext, targetId: string): Promise<void> {
  const { db } = context;
  await withTarget(context, targetId, async () => {
    for (;;) {
      const target = await findTarget(db, targetId);
      const waiting = await syncOf(db)
        .selectFrom('sync.pending')
        .select(['person_id', sql<string>`added_at::text`.as('added_at')])
        .where('target_id', '=', targetId)
        .orderBy('added_at')
        .limit(batchSize)
        .execute();
      if (waiting.length === 0 || target.state === 'paused') return;
      const isBrought = await bring(
        context,
        target,
        waiting.map(({ person_id }) => person_id),
      );
      if (!isBrought) {
        await syncOf(db)
          .updateTable('sync.target')
          .set({ needs_full_run: true, state: 'slow' })
          .where('id', '=', targetId)
          .execute();
        return; // the full run brings them, and takes them off the list
      }
      // Who changed again meanwhile has a later time, and stays.
      await sql`
        DELETE FROM sync.pending AS p USING unnest(
          ${waiting.map(({ person_id }) => person_id)}::uuid[], ${waiting.map(({ added_at }) => added_at)}::timestamptz[]
        ) AS done (person_id, added_at)
        WHERE p.target_id = ${targetId} AND p.person_id = done.person_id AND p.added_at <= done.added_at`.execute(db);
    }
  });
}

/** Whether everything arrived that may arrive without a second person. */
async function bring(context: ServiceContext, target: TargetRow, personIds: readonly string[]): Promise<boolean> {
  try {
    await using server = await LdapServer.open(addressOf(context, target));
    await server.ensureBranches();
    const plan = await planPeople(context.db, server, target.organisation_id, personIds);
    const isHeld = (await unusual(context, target, leaversOf(plan.changes))) !== undefined;
    const changes = isHeld ? holdLeavers(plan.changes).now : plan.changes;
    const errors = await apply(server, changes);
    await rememberDisabled(
      context,
      target,
      changes.filter((_, number) => !errors.has(number)),
      { approved: false },
    );
    return errors.size === 0 && !isHeld;
  } catch (error) {
    context.log.warn({ err: error, target: target.id }, 'live sync; a full run will follow');
    return false;
  }
}
