import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { syncOf } from '../tables.ts';

/**
 * Works on a target alone, in this and every other process: full runs, live changes, and what was released. A run that
 * still says that it is running was left by a process that died.
 *
 * @throws Conflict `sync/running`
 */
export async function withTarget<Result>(
  context: ServiceContext,
  targetId: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return context.db.connection().execute(async (connection) => {
    const lock = sql`hashtextextended(${`edutrust.sync.${targetId}`}, 0)`;
    const { rows } = await sql<{ got: boolean }>`SELECT pg_try_advisory_lock(${lock}) AS got`.execute(connection);
    if (!rows[0]?.got) {
      throw new Conflict('sync/running', {
        vi: 'Đích này đang được đồng bộ.',
        en: 'This target is being synchronised.',
      });
    }
    try {
      await closeInterrupted(context, targetId);
      return await work();
    } finally {
      await sql`SELECT pg_advisory_unlock(${lock})`.execute(connection);
    }
  });
}

async function closeInterrupted({ db, clock }: ServiceContext, targetId: string): Promise<void> {
  const closed = await syncOf(db)
    .updateTable('sync.run')
    .set({
      state: 'failed',
      failure: 'sync/interrupted',
      failure_detail: JSON.stringify({
        vi: 'Lượt chạy bị ngắt giữa chừng (máy chủ dừng đột ngột); lượt sau làm tiếp.',
        en: 'The run was cut off (the server stopped suddenly); the next one goes on.',
      }) as never, // jsonb
      finished_at: clock.now(),
    })
    .where('target_id', '=', targetId)
    .where('state', '=', 'running')
    .executeTakeFirst();
  if (closed.numUpdatedRows === 0n) return;
  await syncOf(db).updateTable('sync.target').set({ needs_full_run: true }).where('id', '=', targetId).execute();
}

/** Closes runs that a dead process left as running; those of the living are locked. */
export async function closeAllInterrupted(context: ServiceContext): Promise<void> {
  const rows = await syncOf(context.db)
    .selectFrom('sync.run')
    .select('target_id')
    .distinct()
    .where('state', '=', 'running')
    .execute();
  for (const { target_id } of rows) {
    await withTarget(context, target_id, async () => undefined).catch((error: unknown) => {
      if (!(error instanceof Conflict)) throw error;
    });
  }
}
