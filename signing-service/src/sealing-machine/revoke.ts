import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { withdrawProposal } from '@edutrust/registry/approvals';
import { expireOpenSessions } from '../activation/session.ts';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import { lockMachine } from './machine.ts';
import { machineMoves } from './states.ts';

/** Nothing is sealed by this machine from now on; what it sealed stays as it is. Idempotent. */
export async function revokeMachine(context: ServiceContext, id: string, actor: PersonActor): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    const machine = await lockMachine(transaction, id);
    if (machine.state === 'revoked') return;
    machineMoves.mustMove(machine.state, 'revoked');
    await signingOf(transaction)
      .updateTable('signing.sealing_machine')
      .set({ state: 'revoked', ended_at: context.clock.now() })
      .where('id', '=', id)
      .execute();
    await expireOpenSessions(transaction, { machineId: id });
    await withdrawProposal(transaction, context, machine.approval_id, actor);
    await record(transaction, {
      type: 'sealing-machine.revoked',
      actor,
      subject: { kind: 'sealing-machine', id },
      organisationId: machine.organisation_id,
    });
  });
}
