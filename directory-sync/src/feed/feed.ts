import { sqlDateInVietnam } from '@edutrust/platform/calendar';
import type { Database, Transaction } from '@edutrust/platform/database';
import type { RecordedEvent } from '@edutrust/platform/outbox';
import type { registryEvents } from '@edutrust/registry/events';
import { sql } from 'kysely';
import type { Contract } from '../model/contract.ts';

/** Of documents on their way through signatures (`signing-service/src/events.ts`); only to whom the contract names them. */
const documentTypes = [
  ...(['signing-request.created', 'signing-request.signed', 'signing-request.sealed'] as const),
  ...(['signing-request.issued', 'signing-request.rejected', 'signing-request.withdrawn'] as const),
  ...(['signing-request.overdue', 'signing-request.replaced', 'signing-request.revoked'] as const),
] as const;

const registryTypes = [
  ...(['person.created', 'person.changed', 'person.left', 'person.returned', 'person.transferred'] as const),
  ...(['person.merged', 'person.archived', 'affiliation.started', 'class.created', 'class.changed'] as const),
  ...(['organisation.created', 'organisation.changed'] as const),
] as const satisfies readonly (keyof typeof registryEvents.table)[];

/** What other systems can hear of: declared events about what they may read. What is not here never leaves. */
export const feedTypes = [...registryTypes, ...documentTypes] as const;
export type FeedType = (typeof feedTypes)[number];

/** An event as it leaves: which thing of which kind, and nothing about it. Its reader asks for the rest, and gets what its contract says. */
export interface FeedMessage {
  /** Where it stands: what a reader goes on from. */
  readonly position: number;
  /** The same each time it is sent. */
  readonly id: string;
  readonly at: Date;
  readonly type: FeedType;
  readonly subject: { readonly kind: string; readonly id: string };
}

/** Whose events: of one organisation and everything below, about people in the roles and documents of the apps of its contract. */
export interface FeedReader {
  readonly organisation_id: string;
  readonly contract: Contract;
}

/** Longer than any reader is tried again for. */
const keptDays = 30;

/**
 * Writes events down for those who may hear of them. Which organisations and roles an event reaches is decided now, by
 * where its person belongs or has just left. Twice is once (by the event's id), and positions become visible in their
 * order, so that nobody who has read up to one misses an earlier one.
 */
export async function appendToFeed(db: Database, events: readonly RecordedEvent[]): Promise<void> {
  const wanted = events.filter(({ type }) => (feedTypes as readonly string[]).includes(type));
  if (wanted.length === 0) return;
  const rows = wanted.map(({ id, at, type, subject, organisationId, data }, number) => ({
    number,
    id,
    at,
    type,
    kind: subject.kind,
    subject: subject.id,
    organisation: subject.kind === 'organisation' ? subject.id : organisationId,
    into: data.into ?? null,
    app: data.app ?? null,
  }));
  await db.transaction().execute(async (transaction) => {
    // One writer at a time: it holds the end until it has committed. The first one makes it.
    await sql`
      INSERT INTO sync.feed_end (last, forgotten) VALUES (0, 0)
      ON CONFLICT (is_only) DO UPDATE SET last = feed_end.last`.execute(transaction);
    await sql`
      INSERT INTO sync.feed (position, event_id, at, type, subject_kind, subject_id, reach)
      SELECT (SELECT last FROM sync.feed_end) + row_number() OVER (ORDER BY e.number), e.id, e.at, e.type, e.kind, e.subject, CASE WHEN e.kind = 'person' THEN ARRAY(
          SELECT DISTINCT above || ':' || f.role FROM registry.affiliation AS f
            JOIN registry.organisation AS o ON o.id = f.organisation_id, unnest(o.path) AS above
          WHERE f.person_id IN (e.subject, e.into) AND (
            f.valid_until IS NULL OR f.valid_until >= ${sqlDateInVietnam('e.at')} - 1 OR f.organisation_id = e.organisation))
        WHEN e.kind = 'signing-request' THEN ARRAY(
          SELECT above || reached FROM registry.organisation AS o, unnest(o.path) AS above,
            unnest(ARRAY[':documents', ':documents-of:' || e.app]) AS reached
          WHERE o.id = e.organisation AND reached IS NOT NULL)
        ELSE ARRAY(SELECT above || ':*' FROM registry.organisation AS o, unnest(o.path) AS above WHERE o.id = e.organisation) END
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS e (
        number int, id uuid, at timestamptz, type text, kind text, subject uuid, organisation uuid, "into" uuid, app text)
      WHERE NOT EXISTS (SELECT FROM sync.feed AS f WHERE f.event_id = e.id)
        -- A city's documents are millions of events: kept while somebody hears of documents at all.
        AND (e.kind <> 'signing-request' OR EXISTS (
          SELECT FROM sync.client WHERE ended_at IS NULL AND contract ? 'documentsOf'))`.execute(transaction);
    await sql`
      UPDATE sync.feed_end SET last = greatest(last, (SELECT max(position) FROM sync.feed))`.execute(transaction);
  });
}

/** What reaches a reader, as the feed has it: an organisation and a role, an organisation itself, or its documents. */
const reachOf = ({ organisation_id, contract: { roles, documentsOf = [] } }: FeedReader): string[] =>
  ['*', ...roles, ...documentsOf.map((app) => (app === '*' ? 'documents' : `documents-of:${app}`))].map(
    (what) => `${organisation_id}:${what}`,
  );

/** The next of a reader's events after a position, in their order. */
export async function readFeed(
  db: Database,
  reader: FeedReader,
  {
    after,
    until = Number.MAX_SAFE_INTEGER,
    types,
    limit,
  }: { readonly after: number; readonly until?: number; readonly types: readonly string[]; readonly limit: number },
): Promise<FeedMessage[]> {
  const { rows } = await sql<Omit<FeedMessage, 'subject'> & { kind: string; subject: string }>`
    SELECT position, event_id AS id, at, type, subject_kind AS kind, subject_id AS subject FROM sync.feed
    WHERE position > ${after} AND position <= ${until} AND type = ANY(${[...types]}::text[])
      AND reach && ${reachOf(reader)}::text[]
    ORDER BY position LIMIT ${limit}`.execute(db);
  return rows.map(({ kind, subject, ...message }) => ({ ...message, subject: { kind, id: subject } }));
}

/** The position of the last event, and of the last one that is no longer kept. */
export async function endsOfFeed(
  db: Database | Transaction,
): Promise<{ readonly last: number; readonly forgotten: number }> {
  const { rows } = await sql<{ last: number; forgotten: number }>`
    SELECT last, forgotten FROM sync.feed_end`.execute(db);
  return rows[0] ?? { last: 0, forgotten: 0 };
}

/** The message as it goes over the wire (Standard Webhooks, "payload structure"): the same bytes each time. */
export function bodyOf({ type, at, subject }: Pick<FeedMessage, 'type' | 'at' | 'subject'>): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data: { kind: subject.kind, id: subject.id } });
}

/** Old events: whoever has not read them by now reads everything again. */
export async function forgetOldEvents(db: Database, now: Date): Promise<void> {
  const before = new Date(now.getTime() - keptDays * 86_400_000);
  await sql`
    WITH gone AS (DELETE FROM sync.feed WHERE at < ${before} RETURNING position)
    UPDATE sync.feed_end SET forgotten = greatest(forgotten, (SELECT max(position) FROM gone))`.execute(db);
}
