import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { Unavailable } from '@edutrust/platform/errors';
import { schoolsOf } from '@edutrust/registry/people';
import { sql } from 'kysely';
import type { Connection } from '../connectors/connector.ts';
import type { Change } from '../model/change.ts';
import { releaseText } from '../releases/releases.ts';
import { syncOf } from '../tables.ts';
import type { TargetRow } from '../targets/store.ts';
import { ahead } from './ahead.ts';

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
  const run = await syncOf(db).selectFrom('sync.run').select('done').where('id', '=', runId).executeTakeFirstOrThrow();
  for (let after = -1; ; ) {
    const { rows } = await sql<NumberedChange>`
      SELECT number, kind, action, key, person_id AS "personId", before, after, of_leaver AS "ofLeaver" FROM sync.change
      WHERE run_id = ${runId} AND kind = ${kind} AND held = ${isHeld} AND state = 'waiting' AND number > ${after}
        AND NOT number <@ ${run.done}::int4multirange
      ORDER BY number LIMIT ${pageSize}`.execute(db);
    yield* rows;
    after = rows.at(-1)?.number ?? after;
    if (rows.length < pageSize) return;
  }
}

export interface Applying {
  /** What waits for a second person, and was released by one. */
  readonly held: boolean;
  readonly lease: AbortSignal;
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
  { held, lease }: Applying,
): Promise<void> {
  for (const kind of kinds) {
    const changes = ahead(waitingChanges(context, runId, kind, held));
    await applyEach(context, connection, target, changes, { runId, held, lease });
  }
  await syncOf(context.db)
    .updateTable('sync.run')
    .set({ delivered_at: context.clock.now() })
    .where('id', '=', runId)
    .execute();
}

/**
 * Does changes of a run that are written down, and writes down what came of each.
 *
 * @throws Unavailable
 */
export async function applyEach(
  context: ServiceContext,
  connection: Connection,
  target: TargetRow,
  changes: AsyncIterable<NumberedChange> | Iterable<NumberedChange>,
  { runId, held, lease }: Applying & { readonly runId: string },
): Promise<void> {
  let results: Result[] = [];
  let writing = Promise.resolve();
  const flush = () => {
    const batch = results;
    results = [];
    writing = writing.then(() => keepResults(context, target, batch, { runId, approved: held }));
    writing.catch(() => undefined); // told when it is waited for
  };
  try {
    await doEach(connection, changes, lease, (result) => {
      results.push(result);
      if (results.length >= flushAfter) flush();
    });
  } finally {
    flush();
    await writing;
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
  const rest = Symbol.asyncIterator in changes ? changes[Symbol.asyncIterator]() : changes[Symbol.iterator]();
  let gone: Unavailable | undefined;
  const work = async () => {
    while (!gone) {
      lease.throwIfAborted();
      const next = rest.next();
      const { value: change, done: isOver } = next instanceof Promise ? await next : next;
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

interface KeptResult {
  readonly personId: string;
  /** What the target got to know. */
  readonly fields: readonly string[];
  /** Of somebody who was disabled: where they were. */
  readonly schools: readonly string[] | null;
}

const keepStatement = statement<
  never,
  [
    targetId: string,
    recipientId: string,
    recipientName: string,
    at: Date,
    rows: string,
    runId: string,
    done: string,
    approved: boolean,
    failed: readonly number[],
    errors: readonly string[],
  ]
>(
  'sync.run-keep',
  `WITH row AS (SELECT * FROM jsonb_to_recordset($5::jsonb) AS row ("personId" uuid, fields text[], schools uuid[])),
     released AS (${releaseText({ recipientId: '$2', recipientName: '$3', at: '$4' })}),
     disabled AS (INSERT INTO sync.disabled (target_id, person_id, organisation_ids, at, approved)
       SELECT $1, "personId", schools, $4, $8 FROM row WHERE schools IS NOT NULL),
     failed AS (UPDATE sync.change AS c SET state = 'failed', error = f.error
       FROM unnest($9::int[], $10::text[]) AS f (number, error) WHERE c.run_id = $6 AND c.number = f.number)
   UPDATE sync.run SET done = done + $7::int4multirange WHERE id = $6`,
);

/** What was done, who was disabled by it (the guard looks at a whole day), and what the target got to know of whom. */
async function keepResults(
  { db, clock }: ServiceContext,
  target: TargetRow,
  results: readonly Result[],
  { runId, approved }: { readonly runId: string; readonly approved: boolean },
): Promise<void> {
  if (results.length === 0) return;
  const done = results.flatMap(({ change, error }) => (error === null ? [change] : []));
  const disabled = done.flatMap(({ action, personId }) => (action === 'disable' && personId ? [personId] : []));
  const schools = disabled.length > 0 ? await schoolsOf(db, disabled) : new Map<string, string[]>();
  const rows = done
    .flatMap(({ kind, action, personId, after }): KeptResult[] => {
      if (kind !== 'person' || personId === null) return [];
      const left = action === 'disable' ? (schools.get(personId) ?? []) : null;
      return [{ personId, fields: Object.keys(after).sort(), schools: left }];
    })
    .sort((one, other) => (one.personId < other.personId ? -1 : 1)); // one order of locks
  const failed = results.filter(({ error }) => error !== null);
  await keepStatement(
    db,
    target.id,
    `target:${target.id}`,
    target.name,
    clock.now(),
    JSON.stringify(rows),
    runId,
    rangesOf(done.map(({ number }) => number)),
    approved,
    failed.map(({ change }) => change.number),
    failed.map(({ error }) => error ?? ''),
  );
}

/** Numbers as PostgreSQL reads a multirange: `{[0,3),[7,8)}`. */
export function rangesOf(numbers: readonly number[]): string {
  const ranges: [from: number, to: number][] = [];
  for (const number of numbers.toSorted((one, other) => one - other)) {
    const last = ranges.at(-1);
    if (last?.[1] === number) last[1] += 1;
    else ranges.push([number, number + 1]);
  }
  return `{${ranges.map(([from, to]) => `[${from},${to})`).join(',')}}`;
}
