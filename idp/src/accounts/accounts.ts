import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { notify } from '@edutrust/registry/notices';
import { record } from '../events.ts';
import { endSessions as endThem } from '../sessions/end.ts';
import { idpOf } from '../tables.ts';
import { ensureAccount } from './account.ts';

export { createActivationCode, createFirstLink } from '../activation/activation.ts';
export { forgetSessions } from '../sessions/forget.ts';
export { attestExistingCredentials } from './first-attestation.ts';
export { accountStatus } from './status.ts';

/** Nobody signs in to the account until it is resumed; its sessions and tokens end at once (S2). Twice changes nothing. */
export async function suspend(
  transaction: Transaction,
  { jobs, clock }: Pick<ServiceContext, 'jobs' | 'clock'>,
  personId: string,
  actor: Actor,
): Promise<void> {
  const account = await ensureAccount(transaction, personId, clock.now());
  if (account.status === 'suspended') return;
  if (actor.kind === 'person' && actor.personId === personId) {
    throw new Conflict('accounts/own', {
      vi: 'Anh/chị không thể tự tạm khoá tài khoản của chính mình.',
      en: 'You cannot suspend your own account.',
    });
  }
  await idpOf(transaction)
    .updateTable('idp.account')
    .set({ status: 'suspended', suspended_at: clock.now() })
    .where('person_id', '=', personId)
    .execute();
  await endThem(transaction, jobs, { personId }, { actor, reason: 'suspended' });
  await record(transaction, {
    type: 'account.suspended',
    actor,
    subject: { kind: 'person', id: personId },
  });
  await notify(transaction, { personId, kind: 'account.suspended' });
}

/** Lets a suspended account in again, with the credentials that it had. Twice changes nothing. */
export async function resume(transaction: Transaction, personId: string, actor: Actor): Promise<void> {
  const resumed = await idpOf(transaction)
    .updateTable('idp.account')
    .set((expression) => ({
      status: expression
        .case()
        .when('activated_at', 'is', null)
        .then('invited' as const)
        .else('active' as const)
        .end(),
      suspended_at: null,
    }))
    .where('person_id', '=', personId)
    .where('status', '=', 'suspended')
    .executeTakeFirst();
  if (resumed.numUpdatedRows === 0n) return;
  await record(transaction, {
    type: 'account.resumed',
    actor,
    subject: { kind: 'person', id: personId },
  });
  await notify(transaction, { personId, kind: 'account.resumed' });
}

/** Signs the person out everywhere: sessions, tokens, apps. Gives how many sessions ended. */
export async function endSessions(
  transaction: Transaction,
  { jobs }: Pick<ServiceContext, 'jobs'>,
  personId: string,
  actor: Actor,
): Promise<number> {
  return endThem(transaction, jobs, { personId }, { actor, reason: 'ended-by-administrator' });
}
