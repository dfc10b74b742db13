import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { record } from '../events.ts';
import { notify } from '../notices/notices.ts';
import { holdersOf } from '../permissions/permissions.ts';
import { registryOf } from '../tables.ts';
import { isTaken, takeAct, takeCeremony } from './act.ts';
import type { Assertion } from './assertion.ts';
import type { ApprovalPorts } from './kind.ts';
import { mustBeInTime, type Opened, open } from './opened.ts';
import { mustNotBeByGlass, mustNotBeRecovered } from './rules.ts';
import { approvalMoves } from './states.ts';
import { lockApproval, nameOf, noApproval } from './store.ts';

/** Those who may approve and are notified that something waits. */
const mostNotified = 20;

/**
 * The maker's act. Idempotent: the same assertion again changes nothing.
 *
 * @throws NotFound; Forbidden `approvals/not-yours`, `approvals/recovered`; Conflict; InvalidInput `approvals/passkey-refused`.
 */
export async function confirm(
  context: ServiceContext,
  ports: ApprovalPorts,
  id: string,
  assertion: Assertion,
  actor: PersonActor,
): Promise<void> {
  const { db, clock } = context;
  mustNotBeByGlass(actor);
  if (await isTaken(context, id, 'confirm', assertion, actor)) return;
  await takeCeremony(context, id, 'confirm', actor);
  await db.transaction().execute(async (transaction) => {
    const row = await lockApproval(transaction, id);
    if (row.maker_id !== actor.personId) throw noApproval();
    const opened = open(ports, row);
    mustBeInTime(opened, clock.now());
    approvalMoves.mustMove(row.state, 'confirmed');
    await mustNotBeRecovered(transaction, actor.personId, clock.now());
    const assertionSha256 = await takeAct(context, ports, transaction, opened, { act: 'confirm', actor, assertion });
    await registryOf(transaction)
      .updateTable('registry.approval')
      .set({ state: 'confirmed', confirmed_at: clock.now() })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'approval.confirmed',
      actor,
      subject: { kind: 'approval', id },
      organisationId: row.organisation_id,
      data: { kind: row.kind, digest: row.digest.toString('hex'), assertionSha256: assertionSha256.toString('hex') },
    });
    await tellOfProposal(transaction, opened, actor);
  });
}

async function tellOfProposal(transaction: Transaction, { row, kind, content }: Opened, maker: PersonActor) {
  const { title } = kind.describe(content);
  const by = await nameOf(transaction, maker.personId);
  const data = { what: title.vi, whatEn: title.en, by };
  const holders = kind.approver
    ? [kind.approver(content)]
    : await holdersOf(transaction, kind.approve, row.organisation_id, mostNotified);
  const approvers = holders.filter((personId) => personId !== row.maker_id && personId !== row.concerns_id);
  await notify(
    transaction,
    { personId: row.maker_id, kind: 'approval.proposed', data },
    ...approvers.map((personId) => ({ personId, kind: 'approval.waiting' as const, data })),
    ...(row.concerns_id && row.concerns_id !== row.maker_id
      ? [{ personId: row.concerns_id, kind: 'approval.concerns-you' as const, data }]
      : []),
  );
}
