import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import type { EduTrustError } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { notify } from '../notices/notices.ts';
import { rolesOf } from '../permissions/permissions.ts';
import { registryOf } from '../tables.ts';
import { isTaken, mustBeConfirmed, takeAct, takeCeremony } from './act.ts';
import { type Assertion, passkeyRefused } from './assertion.ts';
import { close } from './close.ts';
import { keepToCollect } from './collect.ts';
import type { Applied, ApprovalPorts } from './kind.ts';
import { isNever } from './never.ts';
import { mustBeInTime, type Opened, open } from './opened.ts';
import { wrongCode } from './read-out.ts';
import { mustBeSecond } from './second-person.ts';
import { approvalMoves } from './states.ts';
import { type ApprovalRow, attestDecision, lockApproval, nameOf } from './store.ts';

/**
 * The second person's act, and with it the effect: exactly what the digest covers, or nothing. Both assertions are kept,
 * and their hashes are in the ledger, in the transaction of the effect.
 *
 * Idempotent: the same assertion of the same person again changes nothing.
 *
 * @throws NotFound; Forbidden `approvals/own`, `approvals/concerns-you`, `approvals/credentials`, `approvals/recovered`;
 *   InvalidInput `approvals/passkey-refused`, `approvals/wrong-code`; Conflict `approvals/not-now`, `approvals/altered`, or
 *   what made the effect impossible.
 */
export async function approve(
  context: ServiceContext,
  ports: ApprovalPorts,
  id: string,
  { assertion, code }: { readonly assertion: Assertion; readonly code?: string },
  actor: PersonActor,
): Promise<void> {
  const { db, clock, secrets, log } = context;
  if (await isTaken(context, id, 'approve', assertion, actor)) return;
  await takeCeremony(context, id, 'approve', actor);
  const outcome = await db.transaction().execute(async (transaction) => {
    const row = await lockApproval(transaction, id);
    const opened = open(ports, row);
    mustBeInTime(opened, clock.now());
    approvalMoves.mustMove(row.state, 'approved');
    await mustBeSecond(context, transaction, opened, actor);
    const wrong = await wrongCode(context, transaction, opened, code, actor);
    if (wrong) return { error: wrong };
    const confirmed = await mustBeConfirmed(context, transaction, row);
    const act = { act: 'approve', actor, assertion, confirmed } as const;
    const assertionSha256 = await takeAct(context, ports, transaction, opened, act);
    if (confirmed.credential_id === assertion.id) throw passkeyRefused(new Error('one passkey for both acts'));
    const decided = { ...row, approver_id: actor.personId };
    await registryOf(transaction)
      .updateTable('registry.approval')
      .set({
        state: 'approved',
        approver_id: actor.personId,
        closed_at: clock.now(),
        attestation: attestDecision(secrets, decided),
      })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'approval.approved',
      actor,
      subject: { kind: 'approval', id },
      organisationId: row.organisation_id,
      data: {
        kind: row.kind,
        digest: row.digest.toString('hex'),
        maker: row.maker_id,
        confirmSha256: confirmed.assertion_sha256.toString('hex'),
        approveSha256: assertionSha256.toString('hex'),
      },
    });
    const applying = {
      context,
      approvalId: id,
      approver: actor,
      maker: await makerOf(context, transaction, row),
    };
    await sql`SAVEPOINT effect`.execute(transaction);
    let applied: Applied | undefined;
    try {
      applied = await opened.kind.apply(transaction, opened.content, applying);
    } catch (error) {
      if (!isNever(error)) throw error;
      await sql`ROLLBACK TO SAVEPOINT effect`.execute(transaction);
      await fail(context, transaction, opened, error, actor);
      return { error };
    }
    if (!applied?.goesOn) await markApplied(transaction, id);
    await keepToCollect(context, transaction, id, applied?.collect ?? []);
    await tellOfDecision(transaction, opened, actor);
    return { follow: () => opened.kind.follow?.(opened.content, applying) };
  });
  if (outcome.error) throw outcome.error;
  await outcome.follow?.()?.catch((error: unknown) => log.error({ err: error, approval: id }, 'following an approval'));
}

/** The effect of an approval is complete. Twice changes nothing. */
export async function markApplied(transaction: Transaction, id: string): Promise<void> {
  await registryOf(transaction)
    .updateTable('registry.approval')
    .set({ state: 'applied' })
    .where('id', '=', id)
    .where('state', '=', 'approved')
    .execute();
}

async function tellOfDecision(transaction: Transaction, { row, kind, content }: Opened, approver: PersonActor) {
  const { title } = kind.describe(content);
  const by = await nameOf(transaction, approver.personId);
  const data = { what: title.vi, whatEn: title.en, by };
  await notify(
    transaction,
    { personId: row.maker_id, kind: 'approval.approved', data },
    { personId: approver.personId, kind: 'approval.given', data },
    ...(row.concerns_id && row.concerns_id !== row.maker_id
      ? [{ personId: row.concerns_id, kind: 'approval.approved' as const, data }]
      : []),
  );
}

async function fail(
  context: ServiceContext,
  transaction: Transaction,
  opened: Opened,
  error: EduTrustError,
  actor: PersonActor,
): Promise<void> {
  await close(context, transaction, opened, {
    state: 'failed',
    reason: `${error.detail.vi} (${error.detail.en})`,
    actor,
    from: 'approved',
    data: { code: error.code },
  });
}

async function makerOf({ secrets }: ServiceContext, transaction: Transaction, row: ApprovalRow): Promise<PersonActor> {
  return {
    kind: 'person',
    personId: row.maker_id,
    sessionId: `approval:${row.id}`,
    roles: await rolesOf({ db: transaction, secrets }, row.maker_id),
    acr: 'passkey',
    authenticatedAt: row.confirmed_at ?? row.created_at,
  };
}
