import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { RecordedActor } from '../actor.ts';
import { createAlarm } from '../database/alarm.ts';
import { type Database, newsOf, statement } from '../database/database.ts';
import { lookEveryMs } from '../database/news.ts';
import type { Json } from '../json.ts';

/** An event as a reader of the outbox gets it. */
export interface RecordedEvent {
  readonly id: string;
  readonly at: Date;
  readonly type: string;
  readonly actor: RecordedActor;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly organisationId: string | null;
  readonly data: { [key: string]: Json };
}

export interface OutboxReader {
  /** Who reads: the name of its checkpoint. One process at a time reads for a consumer. */
  readonly consumer: string;
  /** Types to hand over, as exact names or prefixes ending in a dot; everything when absent. */
  readonly types?: readonly string[];
  /**
   * Handles a batch, in no transaction: it may take as long as it needs and holds up no other reader (O3). At least
   * once, so what it does is idempotent: after a throw, or a crash, the batch comes again.
   */
  readonly handle: (events: readonly RecordedEvent[]) => Promise<void>;
  readonly batchSize?: number;
}

interface OutboxRow {
  id: string;
  transaction_id: string;
  position: number;
  at: Date;
  type: string;
  actor: RecordedActor;
  subject_kind: string;
  subject_id: string;
  organisation_id: string | null;
  data: { [key: string]: Json };
}

/** For how long a reader keeps its consumer to itself; renewed while it handles, so that only a dead one loses it. */
const leaseSeconds = 30;

/**
 * Reads the next batch of the consumer and handles it; gives how many events it read (0: nothing new, or another
 * process is reading). Events come in the order (transaction, position), and only those of transactions before the
 * oldest one still running, so that none that commits later is skipped. Asking for nothing new writes nothing.
 */
export async function readOutboxOnce(db: Database, reader: OutboxReader): Promise<number> {
  return (await outlookOf(db, reader.consumer)) === 'news' ? readBatch(db, reader) : 0;
}

async function readBatch(db: Database, reader: OutboxReader): Promise<number> {
  const { consumer } = reader;
  const holder = randomUUID();
  const from = await hold(db, consumer, holder);
  if (!from) return 0;
  let renewal: Promise<unknown> | undefined;
  const renew = () => {
    renewal = hold(db, consumer, holder).catch(() => undefined); // the next time, or another reader goes on
  };
  const renewing = setInterval(renew, (leaseSeconds * 1_000) / 3);
  let last: OutboxRow | undefined;
  try {
    const { rows } = await sql<OutboxRow>`
      SELECT id, transaction_id::text, position, at, type, actor, subject_kind, subject_id, organisation_id, data
      FROM platform.outbox AS o
      WHERE (o.transaction_id, o.position) > (${from.transaction_id}::xid8, ${from.position}::bigint)
        AND o.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY o.transaction_id, o.position -- by the number: the text of the list above would put 10 before 9
      LIMIT ${reader.batchSize ?? 200}`.execute(db);
    const wanted = rows.filter(({ type }) => isWanted(type, reader.types)).map(toEvent);
    if (wanted.length > 0) await reader.handle(wanted);
    last = rows.at(-1);
    return rows.length;
  } finally {
    clearInterval(renewing);
    await renewal; // one that came behind the release would keep it from everybody
    await release(db, consumer, holder, last);
  }
}

/** `waiting`: something newer is there, and a transaction that began before it still runs. */
type Outlook = 'news' | 'waiting' | 'nothing';

const look = statement<{ outlook: Outlook }, [consumer: string]>(
  'platform.outbox-look',
  `WITH at AS (
     SELECT coalesce(max(transaction_id), '0'::xid8) AS transaction_id, coalesce(max(position), 0) AS position
     FROM platform.outbox_checkpoint WHERE consumer = $1), next AS (
     SELECT o.transaction_id FROM platform.outbox AS o, at
     WHERE (o.transaction_id, o.position) > (at.transaction_id, at.position)
     ORDER BY o.transaction_id, o.position LIMIT 1)
   SELECT CASE WHEN next.transaction_id < pg_snapshot_xmin(pg_current_snapshot()) THEN 'news' ELSE 'waiting' END AS outlook
   FROM next`,
);

async function outlookOf(db: Database, consumer: string): Promise<Outlook> {
  return (await look(db, consumer))[0]?.outlook ?? 'nothing';
}

/** Takes or keeps the consumer; where it stands, or undefined while another reader has it. */
async function hold(
  db: Database,
  consumer: string,
  holder: string,
): Promise<{ transaction_id: string; position: number } | undefined> {
  const until = sql`now() + make_interval(secs => ${leaseSeconds})`;
  const { rows } = await sql<{ transaction_id: string; position: number }>`
    INSERT INTO platform.outbox_checkpoint AS c (consumer, held_by, held_until) VALUES (${consumer}, ${holder}, ${until})
    ON CONFLICT (consumer) DO UPDATE SET held_by = excluded.held_by, held_until = excluded.held_until
      WHERE c.held_by IS NULL OR c.held_by = ${holder} OR c.held_until < now()
    RETURNING transaction_id::text, position`.execute(db);
  return rows[0];
}

/** Gives the consumer back, moved on to the last event that was handled; nothing when it was lost meanwhile. */
async function release(db: Database, consumer: string, holder: string, last: OutboxRow | undefined): Promise<void> {
  const moved = last ? sql`, transaction_id = ${last.transaction_id}::xid8, position = ${last.position}` : sql``;
  await sql`
    UPDATE platform.outbox_checkpoint SET held_by = NULL, held_until = NULL ${moved}
    WHERE consumer = ${consumer} AND held_by = ${holder}`.execute(db);
}

/** How long the oldest event that each consumer has not handled has waited, in seconds; 0 when it is in step. */
export async function outboxLag(db: Database): Promise<Record<string, number>> {
  const { rows } = await sql<{ consumer: string; seconds: number }>`
    SELECT c.consumer, coalesce(extract(epoch FROM now() - (
      SELECT at FROM platform.outbox AS o WHERE (o.transaction_id, o.position) > (c.transaction_id, c.position)
      ORDER BY o.transaction_id, o.position LIMIT 1)), 0)::float8 AS seconds
    FROM platform.outbox_checkpoint AS c ORDER BY 1`.execute(db);
  return Object.fromEntries(rows.map(({ consumer, seconds }) => [consumer, Math.max(0, seconds)]));
}

/** An event is kept so long after everybody has handled it: a reader that a new version brings finds the last days. */
const keptDays = 7;
const mostDroppedAtOnce = 10_000;

/**
 * Drops events that every consumer has handled days ago, some thousands in a transaction; gives how many. The ledger
 * keeps them for ever. A consumer that stands still holds all of it (`outboxLag` says which).
 */
export async function dropHandledEvents(db: Database): Promise<number> {
  let dropped = 0;
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      WITH slowest AS (
        SELECT transaction_id, position FROM platform.outbox_checkpoint ORDER BY transaction_id, position LIMIT 1
      ), handled AS (
        SELECT o.id FROM platform.outbox AS o, slowest
        WHERE (o.transaction_id, o.position) <= (slowest.transaction_id, slowest.position)
          AND o.at < now() - make_interval(days => ${keptDays})
        ORDER BY o.transaction_id, o.position LIMIT ${mostDroppedAtOnce}
      )
      DELETE FROM platform.outbox WHERE id IN (SELECT id FROM handled)`.execute(db);
    dropped += Number(numAffectedRows);
    if (numAffectedRows < mostDroppedAtOnce) return dropped;
  }
}

function isWanted(type: string, types: readonly string[] | undefined): boolean {
  return (
    types === undefined || types.some((wanted) => (wanted.endsWith('.') ? type.startsWith(wanted) : type === wanted))
  );
}

function toEvent(row: OutboxRow): RecordedEvent {
  const { id, at, type, actor, data } = row;
  return {
    id,
    at,
    type,
    actor,
    data,
    subject: { kind: row.subject_kind, id: row.subject_id },
    organisationId: row.organisation_id,
  };
}

/** Something is there that an older transaction holds up. */
const waitingMs = 250;
const firstBackOffMs = 250;
const longestBackOffMs = 30_000;

/**
 * Reads the outbox until it is stopped: at once when somebody commits an event, here or in another process, and now and
 * then whatever is said (`everyMs`, or as `News` has it); with growing pauses while handling fails.
 */
export function readOutbox(
  db: Database,
  reader: OutboxReader,
  onError: (error: unknown) => void,
  { everyMs }: { readonly everyMs?: number } = {},
): { stop(): Promise<void> } {
  let isStopped = false;
  const alarm = createAlarm();
  const news = newsOf(db);
  const unsubscribe = news?.subscribe(alarm.ring);
  const running = (async () => {
    let failures = 0;
    while (!isStopped) {
      try {
        const outlook = await outlookOf(db, reader.consumer);
        const count = outlook === 'news' ? await readBatch(db, reader) : 0;
        failures = 0;
        if (count > 0 || isStopped) continue;
        if (outlook === 'nothing') await alarm.wait(everyMs ?? news?.lookEveryMs ?? lookEveryMs.whoDoesNot);
        else await alarm.pause(waitingMs);
      } catch (error) {
        if (isStopped) return;
        onError(error);
        failures += 1;
        await alarm.pause(Math.min(longestBackOffMs, firstBackOffMs * 2 ** failures));
      }
    }
  })();
  return {
    stop: async () => {
      isStopped = true;
      alarm.stop();
      await running;
      unsubscribe?.();
    },
  };
}
