import type { ServiceContext } from '@edutrust/platform/context';
import { payloadText, type TaskHandlers } from '@edutrust/platform/jobs';
import type { ErasedPerson, PersonalErasure } from '@edutrust/platform/personal';
import { sql } from 'kysely';
import { markApplied } from '../approvals/approvals.ts';
import { type ErasureOutcome, lockRequest, tell } from '../data-requests/requests.ts';
import { record } from '../events.ts';

export const eraseTask = 'registry.erase';

const actor = { kind: 'system', name: 'erasure' } as const;

/** What the composition root knows and the registry does not: what each workspace erases, and whom it has told. */
export interface ErasurePorts {
  readonly erasures: readonly PersonalErasure[];
  readonly evidenceKinds: readonly string[];
  /** Names of systems outside that got data of the person. */
  recipientsOf(personId: string): Promise<readonly string[]>;
}

/**
 * Erases a person from every table: a step and its count are one transaction, and a step that was done is not done again,
 * so that a job that dies goes on where it was. The last one closes the request (N4).
 */
export async function eraseEverywhere(context: ServiceContext, ports: ErasurePorts, requestId: string): Promise<void> {
  const { db, clock } = context;
  const read = () =>
    sql<{ erasing: Omit<ErasedPerson, 'evidenceKinds'> | null; outcome: ErasureOutcome; subjectId: string }>`
      SELECT erasing, outcome, subject_id AS "subjectId" FROM registry.data_request
      WHERE id = ${requestId} AND state = 'erasing'`.execute(db);
  const [request] = (await read()).rows;
  if (!request?.erasing) return; // through already
  const person: ErasedPerson = { ...request.erasing, evidenceKinds: ports.evidenceKinds };
  const done = new Set(request.outcome.erased.map(({ code }) => code));
  if (request.outcome.recipients.length === 0) {
    const recipients = new Set<string>();
    for (const id of person.ids) for (const name of await ports.recipientsOf(id)) recipients.add(name);
    await db.transaction().execute((transaction) =>
      sql`UPDATE registry.data_request SET outcome = jsonb_set(outcome, '{recipients}', ${JSON.stringify([...recipients].sort())}::jsonb)
        WHERE id = ${requestId}`.execute(transaction),
    );
  }
  for (const { code, erase } of ports.erasures) {
    if (done.has(code)) continue;
    await db.transaction().execute(async (transaction) => {
      const count = await erase(transaction, person);
      await sql`UPDATE registry.data_request SET outcome = jsonb_set(outcome, '{erased}', outcome->'erased' || ${JSON.stringify([{ code, count }])}::jsonb)
        WHERE id = ${requestId}`.execute(transaction);
    });
  }
  await db.transaction().execute(async (transaction) => {
    const row = await lockRequest(transaction, requestId);
    if (row.state !== 'erasing') return;
    await sql`
      UPDATE registry.data_request SET state = 'done', closed_at = ${clock.now()}, erasing = NULL
      WHERE id = ${requestId}`.execute(transaction);
    if (row.approvalId) await markApplied(transaction, row.approvalId);
    await record(transaction, {
      type: 'data-request.moved',
      actor,
      subject: { kind: 'data-request', id: requestId },
      organisationId: row.organisationId,
      data: {
        kind: 'erase',
        state: 'done',
        rows: (row.outcome?.erased ?? []).reduce((sum, { count }) => sum + count, 0),
      },
    });
    if (row.askedById !== row.subjectId) await tell(transaction, row, 'data-request.done');
  });
}

export const eraseTasks = (context: ServiceContext, ports: ErasurePorts): TaskHandlers => ({
  [eraseTask]: (payload) => eraseEverywhere(context, ports, payloadText(payload, 'requestId')),
});
