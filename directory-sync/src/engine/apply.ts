import type { ServiceContext } from '@edutrust/platform/context';
import { Unavailable } from '@edutrust/platform/errors';
import { schoolsOf } from '@edutrust/registry/people';
import { sql } from 'kysely';
import type { Connection } from '../connectors/connector.ts';
import type { Change } from '../model/change.ts';
import { recordReleases } from '../releases/releases.ts';
import { syncOf } from '../tables.ts';
import type { TargetRow } from '../targets/store.ts';

/** A change with its place in the run that it belongs to. */
export interface NumberedChange extends Change {
  readonly number: number;
}

/** What came of a change: nothing when it is done, else why not. */
export interface Result {
  readonly change: NumberedChange;
  readonly error: string | null;
}

const kinds = ['person', 'group', 'membership'] as const;
const pageSize = 500;
/** Results are written down so many at a time; those of a process that dies before are done once more. */
const flushAfter = 200;

/** The changes of a run that wait to be done: people, then groups, then who is in them. */
async function* waitingChanges(
  { db }: Pick<ServiceContext, 'db'>,
  runId: string,
  kind: Change['kind'],
  isHeld: boolean,
): AsyncGenerator<NumberedChange> {
  for (let after = -1; ; ) {
    const { rows } = await sql<NumberedChange>`
      SELECT number, kind, action, key, person_id AS "personId", before, after, of_leaver AS "ofLeaver" FROM sync.change
      WHERE run_id = ${runId} AND kind = ${kind} AND held = ${isHeld} AND state = 'waiting' AND number > ${after}
      ORDER BY number LIMIT ${pageSize}`.execute(db);
    yield* rows;
    after = rows.at(-1)?.number ?? after;
    if (rows.length < pageSize) return;
  }
}

/**
 * Does what waits of a run, and writes down what came of each. One that is refused does not stop the others; a process
 * that is killed at any row leaves the rest waiting (D6).
 *
 * @throws Unavailable when the target stops answering: the rest waits.
 */
export async function applyRun(
  context: ServiceContext,
  connection: Connection,
  target: TargetRow,
  runId: string,
  { held, lease }: { readonly held: boolean; readonly lease: AbortSignal },
): Promise<void> {
  for (const kind of kinds) {
    let results: Result[] = [];
    let writing = Promise.resolve();
    const flush = () => {
      const batch = results;
      results = [];
      writing = writing.then(() => keepResults(context, target, batch, { runId, approved: held }));
    };
    try {
      await doEach(connection, waitingChanges(context, runId, kind, held), lease, (result) => {
        results.push(result);
        if (results.length >= flushAfter) flush();
      });
    } finally {
      flush();
      await writing;
    }
  }
}

/**
 * Does some changes that are in no run, people first, and gives what came of each; also those that were done before the
 * target stopped answering are in `results`.
 *
 * @throws Unavailable
 */
export async function doAll(
  connection: Connection,
  changes: readonly Change[],
  lease: AbortSignal,
  results: Result[] = [],
): Promise<Result[]> {
  for (const kind of kinds) {
    const some = changes.flatMap((change, number) => (change.kind === kind ? [{ ...change, number }] : []));
    if (some.length > 0) await doEach(connection, some, lease, (result) => results.push(result));
  }
  return results;
}

/** Sends as many at once as the target takes, and stops when it does not answer. */
async function doEach(
  connection: Connection,
  changes: AsyncIterable<NumberedChange> | Iterable<NumberedChange>,
  lease: AbortSignal,
  done: (result: Result) => void,
): Promise<void> {
  const rest = (async function* () {
    yield* changes;
  })();
  let gone: Unavailable | undefined;
  const work = async () => {
    while (!gone) {
      lease.throwIfAborted();
      const { value: change, done: isOver } = await rest.next();
      if (isOver) return;
      try {
        await connection.apply(change);
        done({ change, error: null });
      } catch (cause) {
        if (cause instanceof Unavailable) gone = cause;
        else done({ change, error: (cause instanceof Error ? cause.message : String(cause)).slice(0, 300) });
      }
    }
  };
  await Promise.all(Array.from({ length: connection.inFlight }, work));
  if (gone) throw gone;
}

/** What was done, who was disabled by it (the guard looks at a whole day), and what the target got to know of whom. */
async function keepResults(
  { db, clock }: ServiceContext,
  target: TargetRow,
  results: readonly Result[],
  { runId, approved }: { readonly runId: string; readonly approved: boolean },
): Promise<void> {
  if (results.length === 0) return;
  const now = clock.now();
  const done = results.flatMap(({ change, error }) => (error === null ? [change] : []));
  const disabled = done.flatMap(({ action, personId }) => (action === 'disable' && personId ? [personId] : []));
  const schools = disabled.length > 0 ? await schoolsOf(db, disabled) : new Map<string, string[]>();
  await db.transaction().execute(async (transaction) => {
    await sql`
      UPDATE sync.change AS c SET state = CASE WHEN r.error IS NULL THEN 'done' ELSE 'failed' END, error = r.error
      FROM unnest(${results.map(({ change }) => change.number)}::int[], ${results.map(({ error }) => error)}::text[]) AS r (number, error)
      WHERE c.run_id = ${runId} AND c.number = r.number`.execute(transaction);
    if (disabled.length > 0)
      await syncOf(transaction)
        .insertInto('sync.disabled')
        .values(
          disabled.map((person_id) => ({
            target_id: target.id,
            person_id,
            organisation_ids: schools.get(person_id) ?? [],
            at: now,
            approved,
          })),
        )
        .execute();
    await recordReleases(
      transaction,
      { id: `target:${target.id}`, name: target.name },
      done.flatMap(({ kind, personId, after }) =>
        kind === 'person' && personId ? [{ personId, fields: Object.keys(after) }] : [],
      ),
      now,
    );
  });
}
