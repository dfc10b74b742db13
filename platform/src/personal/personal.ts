import type { ServiceContext } from '../context.ts';
import type { Database } from '../database/database.ts';
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

/** A workspace's answer for each of its tables that names a person. */
export interface PersonalData {
  readonly parts: readonly PersonalPart[];
  /** Tables that are in no part, and why: `registry.roster_row` → reason. */
  readonly leftOut: Readonly<Record<string, string>>;
}
