import type { Actor, PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { Sha256Hex } from '@edutrust/platform/schemas';
import { type ApprovalKind, type ProposedApproval, propose, withdrawProposal } from '@edutrust/registry/approvals';
import type { Selectable } from 'kysely';
import Type from 'typebox';
import { record } from '../events.ts';
import { type SyncTables, syncOf } from '../tables.ts';
import { findTarget } from '../targets/store.ts';
import { queueOf } from './lock.ts';

type RunRow = Selectable<SyncTables['sync.run']>;

/** The job that does what a second person has released; idempotent by the run's id. */
export const releaseTask = 'sync.release';

/** What the two people see and agree to. */
const Content = Type.Object(
  {
    run: Type.String(),
    target: Type.String(),
    targetName: Type.String(),
    /** SHA-256 of what is held, hexadecimal. */
    digest: Sha256Hex,
    disabled: Type.Integer(),
    reason: Type.Object({ vi: Type.String(), en: Type.String() }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);
type Content = Type.Static<typeof Content>;

/** Releasing a held run: whoever asks, another person approves (D15), and exactly what was seen is done (D16). */
export const releaseKind: ApprovalKind<Content> = {
  kind: 'sync.run',
  content: Content,
  approve: 'approvals.approve',
  concerns: () => undefined,
  page: ({ target }) => `/admin/sync/${target}`,
  describe: ({ targetName, disabled, reason, digest }) => ({
    title: {
      vi: `Vô hiệu hoá ${disabled} người ở «${targetName}»`,
      en: `Disable ${disabled} people at "${targetName}"`,
    },
    facts: [
      { label: { vi: 'Hệ thống đích', en: 'Target' }, value: { vi: targetName, en: targetName } },
      { label: { vi: 'Số người bị vô hiệu hoá', en: 'People to disable' }, value: both(String(disabled)) },
      { label: { vi: 'Vì sao bị giữ lại', en: 'Why it is held' }, value: reason },
      { label: { vi: 'Mã băm của danh sách', en: 'Digest of the list' }, value: both(digest) },
    ],
  }),
  apply: async (transaction, content, { context, approvalId, approver }) => {
    const released = await syncOf(transaction)
      .updateTable('sync.run')
      .set({ state: 'released', approval_id: approvalId })
      .where('id', '=', content.run)
      .where('state', '=', 'held')
      .where('held_digest', '=', Buffer.from(content.digest, 'hex'))
      .returning('target_id')
      .executeTakeFirst();
    if (!released) throw noLongerSo();
    await record(transaction, {
      type: 'sync.run-released',
      actor: approver,
      subject: { kind: 'sync-target', id: content.target },
      data: { runId: content.run, digest: content.digest, disabled: content.disabled },
    });
    await context.jobs.enqueue(
      transaction,
      releaseTask,
      { runId: content.run, approvalId },
      { key: `${releaseTask}:${content.run}`, queue: queueOf(content.target) },
    );
    return { goesOn: true };
  },
};

const both = (text: string) => ({ vi: text, en: text });

function noLongerSo(): Conflict {
  return new Conflict(
    'sync/plan-changed',
    {
      vi: 'Danh sách bị giữ lại không còn như lúc được xem, nên không có gì được ghi.',
      en: 'The held changes are no longer those that were seen, so nothing was written.',
    },
    { remedy: { vi: 'Xem lại lượt chạy mới nhất.', en: 'Look at the newest run.' } },
  );
}

/** The run of the target that waits for a second person. */
export async function waitingOf(db: Database | Transaction, targetId: string): Promise<RunRow | undefined> {
  return syncOf(db)
    .selectFrom('sync.run')
    .selectAll()
    .where('target_id', '=', targetId)
    .where('state', '=', 'held')
    .executeTakeFirst();
}

/** What waits is no longer what there is to do: nobody can release it now. */
export async function supersedeHeld(
  transaction: Transaction,
  context: ServiceContext,
  targetId: string,
  actor: Actor,
): Promise<void> {
  const superseded = await syncOf(transaction)
    .updateTable('sync.run')
    .set({ state: 'superseded' })
    .where('target_id', '=', targetId)
    .where('state', '=', 'held')
    .returning('approval_id')
    .executeTakeFirst();
  if (superseded?.approval_id) await withdrawProposal(transaction, context, superseded.approval_id, actor);
}

/**
 * Asks for a second person: proposes that what the run holds be done.
 *
 * @throws NotFound; Conflict `sync/not-held`.
 */
export async function proposeRelease(
  context: ServiceContext,
  runId: string,
  actor: PersonActor,
): Promise<ProposedApproval> {
  return context.db.transaction().execute(async (transaction) => {
    const run = await syncOf(transaction)
      .selectFrom('sync.run')
      .selectAll()
      .where('id', '=', runId)
      .forUpdate()
      .executeTakeFirst();
    if (!run) throw new NotFound('sync/no-run', { vi: 'Không có lần chạy này.', en: 'There is no such run.' });
    if (run.state !== 'held' || !run.held_digest) {
      throw new Conflict('sync/not-held', {
        vi: 'Lượt chạy này không chờ duyệt.',
        en: 'This run does not wait for a second person.',
      });
    }
    const target = await findTarget(transaction, run.target_id);
    const content: Content = {
      run: run.id,
      target: target.id,
      targetName: target.name,
      digest: run.held_digest.toString('hex'),
      disabled: run.totals.disabled,
      reason: run.held_reason ?? both(''),
    };
    const proposed = await propose(
      transaction,
      context,
      releaseKind,
      { content, organisationId: target.organisation_id },
      actor,
    );
    await syncOf(transaction)
      .updateTable('sync.run')
      .set({ approval_id: proposed.approval.id })
      .where('id', '=', run.id)
      .execute();
    return proposed;
  });
}
