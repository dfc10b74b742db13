import type { ServiceContext } from '@edutrust/platform/context';
import { listDirectoryPeople } from '@edutrust/registry/people';
import { sql } from 'kysely';
import type { Connection } from '../connectors/connector.ts';
import type { ReleasedPerson } from '../model/contract.ts';
import { syncOf } from '../tables.ts';
import type { TargetRow } from '../targets/store.ts';
import { ahead } from './ahead.ts';
import { keepDelivered } from './delivered.ts';
import { isConverged, type Proof, ProofWriter } from './digest.ts';
import { keepMarks, type MarkDigests } from './marks.ts';
import { type Pair, pairOf, pairsOf } from './plan.ts';
import { Seen } from './seen.ts';

/** More who changed are read with everybody else: one by one they would take longer. */
const mostLookedUp = 2_000;
const pageSize = 500;

/** What a run knows of its target from before it wrote there. */
export interface Before {
  /** Those who were in step when everything was read. */
  readonly inStep: ProofWriter;
  /** As each was when it was read: what is touched since then is looked at again. */
  readonly marks: MarkDigests | undefined;
}

/**
 * Reads again what a run changed and keeps with the run what it found: that the target said yes proves nothing. Without
 * `before`, after a process died, everything is read again. People who changed since the run began are on neither side:
 * they are brought next.
 *
 * @throws Unavailable
 */
export async function proveRun(
  context: ServiceContext,
  connection: Connection,
  target: TargetRow,
  runId: string,
  before?: Before,
): Promise<void> {
  const { db, clock } = context;
  const changed = before ? await changedKeys(context, runId) : [];
  const isPart = before && !before.inStep.isEmpty && changed.length <= mostLookedUp;
  let marks = before?.marks;
  const writer = isPart ? before.inStep : new ProofWriter(connection.fold);
  const pages = isPart ? lookedUp(context, connection, target, changed) : readAgain();
  async function* readAgain(): AsyncGenerator<Pair[]> {
    const seen = new Seen(db, target.id, connection.fold);
    try {
      marks = await seen.fill(connection);
      yield* ahead(pairsOf(db, connection, target, seen));
    } finally {
      await seen.clear();
    }
  }
  for await (const page of pages) {
    const moving = await movingSince(context, target, runId, page);
    const there: ReleasedPerson[] = [];
    for (const { schoolId, wanted, held } of page) {
      if (moving.has(wanted.personId)) continue;
      const isSame = writer.add(schoolId, wanted, held);
      if (isSame && held) there.push(wanted);
    }
    await keepDelivered(db, target, there, clock.now());
  }
  const proof = writer.end();
  await db.transaction().execute(async (transaction) => {
    await sql`UPDATE sync.run SET proof = ${JSON.stringify(proof)}::jsonb WHERE id = ${runId}`.execute(transaction);
    if (marks && isConverged(proof)) await keepMarks(transaction, target.id, marks);
  });
}

/** Keys of everybody whom a run was to change, and one more than may be looked up when there are more. */
async function changedKeys({ db }: ServiceContext, runId: string): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    SELECT key FROM sync.change WHERE run_id = ${runId} AND kind = 'person'
    UNION SELECT jsonb_array_elements_text(coalesce(before -> 'members', after -> 'members'))
    FROM sync.change WHERE run_id = ${runId} AND kind <> 'person' LIMIT ${mostLookedUp + 1}`.execute(db);
  return rows.map(({ key }) => key);
}

async function* lookedUp(
  { db }: ServiceContext,
  connection: Connection,
  target: TargetRow,
  keys: readonly string[],
): AsyncGenerator<Pair[]> {
  for (let from = 0; from < keys.length; from += pageSize) {
    const educationIds = keys.slice(from, from + pageSize);
    const people = await listDirectoryPeople(db, { organisationId: target.organisation_id, educationIds });
    const held = await connection.lookUp(people.map(({ educationId }) => educationId));
    yield people.map((person) => pairOf(connection, target, person, held.get(person.educationId)));
  }
}

/** Who of a page changed while the run was under way. */
async function movingSince(
  { db }: ServiceContext,
  target: TargetRow,
  runId: string,
  page: readonly Pair[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ person_id: string }>`
    SELECT person_id FROM sync.pending WHERE target_id = ${target.id}
      AND added_at >= (SELECT started_at FROM sync.run WHERE id = ${runId})
      AND person_id = ANY(${page.map(({ wanted }) => wanted.personId)}::uuid[])`.execute(db);
  return new Set(rows.map(({ person_id }) => person_id));
}

/** How the target stood after its last run that could be proved; undefined before the first. */
export async function lastProof(
  { db }: Pick<ServiceContext, 'db'>,
  targetId: string,
): Promise<{ readonly at: Date; readonly proof: Proof } | undefined> {
  const row = await syncOf(db)
    .selectFrom('sync.run')
    .select(['finished_at', 'started_at', 'proof'])
    .where('target_id', '=', targetId)
    .where('proof', 'is not', null)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.proof ? { at: row.finished_at ?? row.started_at, proof: row.proof } : undefined;
}
