import type { ServiceContext } from '@edutrust/platform/context';
import { markApplied } from '@edutrust/registry/approvals';
import { sql } from 'kysely';
import type { Connection } from '../connectors/connector.ts';
import { record } from '../events.ts';
import { type Change, lineOf, PlanDigest } from '../model/change.ts';
import { syncOf } from '../tables.ts';
import { findTarget, openTarget, type TargetRow } from '../targets/store.ts';
import { applyRun } from './apply.ts';
import { endInterrupted } from './converge.ts';
import { withTarget } from './lock.ts';
import { planPeople } from './plan.ts';
import { proveRun } from './proof.ts';

const peopleAtOnce = 500;

interface HeldRow extends Change {
  readonly number: number;
}

/**
 * Does what two people released: exactly the rows that their digest covers, and only when each is still what there is to
 * do; otherwise nothing, and the next full run looks anew. Killed at any row it goes on with the rest.
 *
 * @throws Unavailable when the target does not answer, Conflict `sync/running`: the job tries again.
 */
export async function applyReleased(context: ServiceContext, runId: string, approvalId: string): Promise<void> {
  const { db, clock } = context;
  const run = await syncOf(db).selectFrom('sync.run').selectAll().where('id', '=', runId).executeTakeFirst();
  if (run?.state !== 'released' || !run.held_digest) return;
  const heldDigest = run.held_digest;
  const target = await findTarget(db, run.target_id);
  await withTarget(context, target.id, async ({ signal: lease }) => {
    await endInterrupted(context, target, lease);
    await using connection = await openTarget(context, target);
    const isSame =
      heldDigest.equals(await digestOfHeld(context, runId)) && (await isStillSo(context, connection, target, runId));
    if (isSame) {
      await applyRun(context, connection, target, runId, { held: true, lease });
      await proveRun(context, connection, target, runId);
    }
    await db.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ failed: number; disabled: number }>`
        SELECT count(*) FILTER (WHERE state = 'failed') AS failed,
          count(*) FILTER (WHERE action = 'disable' AND number <@ (SELECT done FROM sync.run WHERE id = ${runId})) AS disabled
        FROM sync.change WHERE run_id = ${runId} AND held`.execute(transaction);
      const { failed = 0, disabled = 0 } = rows[0] ?? {};
      const state = !isSame ? 'superseded' : failed > 0 ? 'failed' : 'done';
      const tables = syncOf(transaction);
      await tables.updateTable('sync.run').set({ state, finished_at: clock.now() }).where('id', '=', runId).execute();
      if (state !== 'done')
        await tables.updateTable('sync.target').set({ needs_full_run: true }).where('id', '=', target.id).execute();
      if (isSame) await markApplied(transaction, approvalId);
      await record(transaction, {
        type: 'sync.run-finished',
        actor: { kind: 'system', name: 'sync' },
        subject: { kind: 'sync-target', id: target.id },
        organisationId: target.organisation_id,
        data: { runId, approvalId, state, disabled },
      });
    });
  });
}

async function heldRows({ db }: ServiceContext, runId: string, after: number, limit: number): Promise<HeldRow[]> {
  const { rows } = await sql<HeldRow>`
    SELECT number, kind, action, key, person_id AS "personId", before, after, of_leaver AS "ofLeaver"
    FROM sync.change WHERE run_id = ${runId} AND held AND number > ${after} ORDER BY number LIMIT ${limit}`.execute(db);
  return rows;
}

/** Over what is written down now: rows that somebody changed since two people saw them are not done (Q2). */
async function digestOfHeld(context: ServiceContext, runId: string): Promise<Buffer> {
  const digest = new PlanDigest();
  for (let after = -1; ; ) {
    const rows = await heldRows(context, runId, after, 2_000);
    for (const row of rows) digest.add(row);
    if (rows.length === 0) return digest.end();
    after = rows.at(-1)?.number ?? after;
  }
}

/** Whether a plan of now says the same of everyone whose turn has not come. */
async function isStillSo(
  context: ServiceContext,
  connection: Connection,
  target: TargetRow,
  runId: string,
): Promise<boolean> {
  const { db } = context;
  for (let after = -1; ; ) {
    const { rows: people } = await sql<{ number: number; person_id: string }>`
      SELECT number, person_id FROM sync.change
      WHERE run_id = ${runId} AND held AND kind = 'person' AND state = 'waiting' AND number > ${after}
        AND NOT number <@ (SELECT done FROM sync.run WHERE id = ${runId})
      ORDER BY number LIMIT ${peopleAtOnce}`.execute(db);
    if (people.length === 0) return true;
    after = people.at(-1)?.number ?? after;
    const personIds = people.map(({ person_id }) => person_id);
    const { rows: written } = await sql<Change>`
      SELECT kind, action, key, before, after FROM sync.change
      WHERE run_id = ${runId} AND held AND person_id = ANY(${personIds}::uuid[])`.execute(db);
    const planned = (await planPeople(db, connection, target, personIds)).filter(({ ofLeaver }) => ofLeaver);
    if (textOf(written) !== textOf(planned)) return false;
  }
}

const textOf = (changes: readonly Change[]) => changes.map(lineOf).sort().join('\n');
