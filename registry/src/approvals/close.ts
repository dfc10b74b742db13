import type { Actor, PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { notify } from '../notices/notices.ts';
import { registryOf } from '../tables.ts';
import type { ApprovalPorts } from './kind.ts';
import { mustReach, type Opened, open } from './opened.ts';
import { own } from './second-person.ts';
import { approvalMoves } from './states.ts';
import { type ApprovalRow, lockApproval, nameOf, noApproval } from './store.ts';

export async function close(
  context: ServiceContext,
  transaction: Transaction,
  { row, kind, content }: Opened,
  {
    state,
    reason,
    actor,
    from = row.state,
    data = {},
  }: {
    readonly state: 'refused' | 'withdrawn' | 'expired' | 'failed';
    readonly reason: string | null;
    readonly actor: Actor;
    readonly from?: ApprovalRow['state'];
    readonly data?: { [key: string]: string };
  },
): Promise<void> {
  approvalMoves.mustMove(from, state);
  await registryOf(transaction)
    .updateTable('registry.approval')
    .set({ state, reason, closed_at: context.clock.now(), attestation: null })
    .where('id', '=', row.id)
    .execute();
  const common = {
    actor,
    subject: { kind: 'approval' as const, id: row.id },
    organisationId: row.organisation_id,
    data: { kind: row.kind, digest: row.digest.toString('hex'), ...data },
  };
  if (state === 'refused') await record(transaction, { type: 'approval.refused', ...common });
  else if (state === 'withdrawn') await record(transaction, { type: 'approval.withdrawn', ...common });
  else if (state === 'expired') await record(transaction, { type: 'approval.expired', ...common });
  else await record(transaction, { type: 'approval.failed', ...common });
  await kind.closed?.(transaction, content, { state, reason }, { context, actor });
}

/** Somebody who may be the second person does not want it. @throws Forbidden as {@link approve}; Conflict; NotFound. */
export async function refuse(
  context: ServiceContext,
  ports: ApprovalPorts,
  id: string,
  reason: string,
  actor: PersonActor,
): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    const row = await lockApproval(transaction, id);
    const opened = open(ports, row);
    approvalMoves.mustMove(row.state, 'refused');
    await mustReach(context, opened, actor);
    if (row.maker_id === actor.personId) throw own();
    await close(context, transaction, opened, { state: 'refused', reason: reason.normalize('NFC').trim(), actor });
    const { title } = opened.kind.describe(opened.content);
    const data = { what: title.vi, whatEn: title.en, by: await nameOf(transaction, actor.personId), reason };
    await notify(
      transaction,
      ...[...new Set([row.maker_id, ...(row.concerns_id ? [row.concerns_id] : [])])].map((personId) => ({
        personId,
        kind: 'approval.refused' as const,
        data,
      })),
    );
  });
}

/** Its maker no longer wants it. @throws Conflict when it is decided already; NotFound. */
export async function withdraw(
  context: ServiceContext,
  ports: ApprovalPorts,
  id: string,
  actor: PersonActor,
): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    const row = await lockApproval(transaction, id);
    if (row.maker_id !== actor.personId) throw noApproval();
    approvalMoves.mustMove(row.state, 'withdrawn');
    await close(context, transaction, open(ports, row), { state: 'withdrawn', reason: null, actor });
  });
}

export const expireTask = 'registry.expire-approvals';

/** Closes what nobody decided in time, and lets go of what nobody collected. */
export async function expireApprovals(context: ServiceContext, ports: ApprovalPorts): Promise<void> {
  const { db, clock, log } = context;
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM registry.approval WHERE state IN ('proposed', 'confirmed') AND expires_at <= ${clock.now()}`.execute(
    db,
  );
  for (const { id } of rows) {
    await db
      .transaction()
      .execute(async (transaction) => {
        const row = await lockApproval(transaction, id);
        if (row.state !== 'proposed' && row.state !== 'confirmed') return;
        await close(context, transaction, open(ports, row), { state: 'expired', reason: null, actor: program });
      })
      .catch((error: unknown) => log.error({ err: error, approval: id }, 'closing an expired approval'));
  }
  await sql`DELETE FROM registry.approval_collect WHERE until <= ${clock.now()}`.execute(db);
}

const program: Actor = { kind: 'system', name: 'registry' };
