import type { ServiceContext } from '../context.ts';
import type { Database, Transaction } from '../database/database.ts';
import type { Text } from '../messages/messages.ts';

/** Fields by name, as JSON: times are ISO 8601 UTC, dates `YYYY-MM-DD`. */
export type PersonalRow = Readonly<Record<string, unknown>>;

/** What a part's reading may ask: a transaction, and the keys of what is kept encrypted. */
export interface PersonalReading extends Pick<ServiceContext, 'secrets'> {
  readonly db: Database;
}

/**
 * One list of what a workspace keeps about a person, in the copy of their data (N4). It tells nothing of anybody else:
 * no other person's name or number is in a row.
 */
export interface PersonalPart {
  /** Its key in `du-lieu.json`; stable. */
  readonly code: string;
  readonly what: Text;
  /** The tables that it answers for. */
  readonly tables: readonly string[];
  /** Every field of its rows, in the order of the page. */
  readonly fields: Readonly<Record<string, Text>>;
  read(reading: PersonalReading, personId: string): Promise<readonly PersonalRow[]>;
}

/** Whom an erasure is about: the record and those that were merged into it, and by what text they are named. */
export interface ErasedPerson {
  readonly ids: readonly string[];
  readonly names: readonly string[];
  readonly educationIds: readonly string[];
  readonly addresses: readonly string[];
  /** Kinds of acts of two people that a signature or a certificate stands on: their content stays. */
  readonly evidenceKinds: readonly string[];
}

/** How one workspace erases a person from some of its tables. Doing it again does nothing (N4, ADR 0237). */
export interface PersonalErasure {
  /** Its name in the account of what was erased; stable. */
  readonly code: string;
  /** The tables that it answers for. */
  readonly tables: readonly string[];
  /** Removes rows, or what they say of the person; gives how many. */
  erase(transaction: Transaction, person: ErasedPerson): Promise<number>;
}

/** What an erasure leaves, and by what right. */
export interface KeptData {
  readonly code: string;
  readonly what: Text;
  /** The norm or the reason, as people read it. */
  readonly why: Text;
  readonly tables: readonly string[];
  /** How many there are of these people; 0 is not spoken of. Absent: nothing that tells who somebody is. */
  count?(db: Database | Transaction, ids: readonly string[]): Promise<number>;
}

/** A workspace's answer for each of its tables that names a person. */
export interface PersonalData {
  readonly parts: readonly PersonalPart[];
  /** Tables that are in no part, and why: `registry.roster_row` → reason. */
  readonly leftOut: Readonly<Record<string, string>>;
  readonly erasures: readonly PersonalErasure[];
  readonly kept: readonly KeptData[];
}
