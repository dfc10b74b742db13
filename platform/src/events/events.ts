import type { Transaction } from '../database/database.ts';
import type { Actor } from '../http/access.ts';

/** JSON without undefined, as PostgreSQL stores it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * Something that happened. `data` carries identifiers and facts of the system, **never personal data** (no names,
 * birth dates, addresses, numbers, tokens): it stays in the ledger for ever (CHECKS L5).
 */
export interface DomainEvent {
  /** `noun.verb` in the past: `person.created`, `session.ended`, `certificate.issued`. */
  readonly type: `${string}.${string}`;
  readonly actor: Actor;
  /** What it happened to. */
  readonly subject: { readonly kind: string; readonly id: string };
  /** The organisation it belongs to, for scoped readers. */
  readonly organisationId?: string;
  readonly data?: { [key: string]: Json };
}

/**
 * Writes the event to the outbox and to the audit log of the ledger, in the transaction of its effect.
 * Every effect calls it; nothing calls it outside a transaction.
 */
export declare function record(transaction: Transaction, ...events: DomainEvent[]): Promise<void>;
