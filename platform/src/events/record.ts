import type { Actor, RecordedActor } from '../actor.ts';
import { statement, type Transaction } from '../database/database.ts';
import { uuidv7 } from '../ids.ts';
import type { Json } from '../json.ts';

/** Something that happened, as it is written; `defineEvents` says which there are. */
export interface RecordableEvent {
  readonly type: string;
  readonly actor: Actor;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly organisationId?: string;
  readonly data?: { [key: string]: Json };
}

function recordedActor(actor: Actor): RecordedActor {
  if (actor.kind === 'person') return { kind: 'person', personId: actor.personId };
  if (actor.kind === 'app') return { kind: 'app', clientId: actor.clientId };
  return { kind: 'system', name: actor.name };
}

/**
 * Parts of a `WITH` that write the events of the parameter `rows` (what {@link rowsOfEvents} gives), where `condition`
 * holds: for a statement whose effect stands beside them. The statement is news.
 */
export const eventWrites = (rows: string, condition = 'true') => `
  event AS (
    SELECT * FROM jsonb_to_recordset(${rows}::jsonb) AS row (
      id uuid, at timestamptz, type text, actor jsonb, subject_kind text, subject_id text, organisation_id uuid, data jsonb)
    WHERE ${condition}
  ), sent AS (
    INSERT INTO platform.outbox (id, at, type, actor, subject_kind, subject_id, organisation_id, data)
    SELECT id, at, type, actor, subject_kind, subject_id, organisation_id, data FROM event
  ), kept AS (
    INSERT INTO platform.ledger_entry (id, log, at, type, actor, subject_kind, subject_id, organisation_id, data)
    SELECT id, 'audit', at, type, actor, subject_kind, subject_id, organisation_id, data FROM event
  ), pending AS (
    INSERT INTO platform.ledger_pending (log, entry_id) SELECT 'audit', id FROM event
  )`;

const write = statement<never, [rows: string]>(
  'platform.events-write',
  `WITH ${eventWrites('$1')} SELECT WHERE false`,
  { isNews: true },
);

/** One statement for all of them, in the transaction of their effect: the outbox, the ledger's audit log. */
export async function writeEvents(transaction: Transaction, events: readonly RecordableEvent[]): Promise<void> {
  if (events.length > 0) await write(transaction, rowsOfEvents(events));
}

/** The events as the parameter of {@link eventWrites}. */
export function rowsOfEvents(events: readonly RecordableEvent[]): string {
  // Milliseconds: what the ledger hashes must read back the same.
  const at = new Date().toISOString();
  const rows = events.map((event) => ({
    id: uuidv7(),
    at,
    type: event.type,
    actor: recordedActor(event.actor),
    subject_kind: event.subject.kind,
    subject_id: event.subject.id,
    organisation_id: event.organisationId ?? null,
    data: event.data ?? {},
  }));
  return JSON.stringify(rows);
}
