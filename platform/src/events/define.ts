import Type, { type Static, type TObject, type TProperties } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Actor } from '../actor.ts';
import type { Transaction } from '../database/database.ts';
import type { Text } from '../messages/messages.ts';
import { type RecordableEvent, rowsOfEvents, writeEvents } from './record.ts';

export { eventWrites } from './record.ts';

/** An event as its workspace declares it. Its name is `noun.verb` in the past: `person.created`, `session.ended`. */
export interface EventDefinition extends Text {
  /** The kind of thing that it happens to. */
  readonly subject: string;
  /**
   * Identifiers and facts of the system, **never personal data** (no names, birth dates, addresses, numbers, tokens): they
   * stay in the ledger for ever (L5). What is not declared here is refused.
   */
  readonly data?: TProperties;
  /** How the person reads it whose account it is about; only of what they are shown. */
  readonly self?: Text;
}

export type EventTable = Readonly<Record<string, EventDefinition>>;

type DataOf<Definition> = Definition extends { readonly data: infer Properties extends TProperties }
  ? object extends Static<TObject<Properties>>
    ? { readonly data?: Static<TObject<Properties>> }
    : { readonly data: Static<TObject<Properties>> }
  : { readonly data?: Readonly<Record<string, never>> };

/** An event of a table, as it is recorded. */
export type EventOf<Table extends EventTable, Name extends keyof Table = keyof Table> = {
  [One in Name]: {
    readonly type: One;
    readonly actor: Actor;
    /** What it happened to. */
    readonly subject: { readonly kind: Table[One]['subject']; readonly id: string };
    /** The organisation it belongs to, for scoped readers. */
    readonly organisationId?: string;
  } & DataOf<Table[One]>;
}[Name];

/** The events of a workspace: the only ones that it can record. */
export interface Events<Table extends EventTable> {
  readonly table: Table;
  /**
   * Writes events to the outbox and to the audit log of the ledger, in the transaction of their effect and in one
   * statement. Every effect calls it; nothing calls it outside a transaction.
   *
   * @throws TypeError for an event that is not as it was declared: a bug of ours, so the effect is not kept either.
   */
  record(transaction: Transaction, ...events: readonly EventOf<Table>[]): Promise<void>;
  /**
   * The same for an effect that is one statement: the parameter of the {@link eventWrites} that stand in it, so that both
   * are one round trip and one commit.
   *
   * @throws TypeError as `record`
   */
  rows(...events: readonly EventOf<Table>[]): string;
}

/** Declares the events of a workspace, each with the words in which people read it. */
export function defineEvents<const Table extends EventTable>(table: Table): Events<Table> {
  const checks = new Map<string, { readonly subject: string; matches(data: unknown): boolean }>();
  const checkOf = (type: string) => {
    const known = checks.get(type);
    if (known) return known;
    const definition = Object.hasOwn(table, type) ? table[type] : undefined;
    if (!definition) throw new TypeError(`no event ${type}`);
    const schema = Compile(Type.Object(definition.data ?? {}, { additionalProperties: false }));
    const check = { subject: definition.subject, matches: (data: unknown) => schema.Check(data) };
    checks.set(type, check);
    return check;
  };
  // What the table declares is JSON; the types of its schemas only do not say so.
  const checked = (events: readonly EventOf<Table>[]) => {
    const recordable = events as readonly RecordableEvent[];
    for (const { type, subject, data } of recordable) {
      const check = checkOf(type);
      if (check.subject !== subject.kind || !check.matches(data ?? {})) {
        throw new TypeError(`an event ${type} of ${subject.kind} with ${Object.keys(data ?? {})}: not as declared`);
      }
    }
    return recordable;
  };
  return {
    table,
    record: async (transaction, ...events) => writeEvents(transaction, checked(events)),
    rows: (...events) => rowsOfEvents(checked(events)),
  };
}
