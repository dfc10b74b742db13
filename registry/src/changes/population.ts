import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import type { RawBuilder } from 'kysely';
import type { Action } from '../permissions/permissions.ts';
import type { Completeness, Incoming, KnownRow, OrganisationRow, PersonRow, Refusal, Skipped } from './row.ts';

/** The changes that a source can bring, by what its rows are about. */
export const populationIds = ['learners', 'staff', 'schools', 'guardians'] as const;
export type PopulationId = (typeof populationIds)[number];

/** Where long changes are: bytes read, then people written. */
export interface Progress {
  readonly step: 'read' | 'match' | 'apply';
  readonly done: number;
  readonly total: number;
}

/** One plan being made. */
export interface Planning {
  readonly context: ServiceContext;
  readonly transaction: Transaction;
  readonly planId: string;
  readonly actor: Actor;
  readonly schoolYear: number;
  readonly today: string;
  readonly completeness: Completeness;
  /** The organisation of rows that name none. */
  readonly organisationId: string | undefined;
  /** What people call a field where the rows come from: the header of its column. */
  columnName(field: string): string;
  /** Takes a row apart that was handed down as known. */
  takeApart(known: KnownRow): Incoming<PersonRow | OrganisationRow>;
}

/** Where a plan says what it does not do, and why. */
export interface Sink {
  readonly refused: readonly Refusal[];
  refuse(refusal: Refusal): void;
  skip(skipped: Skipped): void;
  note(text: Text): void;
}

/** One part of a plan being applied. */
export interface Applying {
  readonly context: Pick<ServiceContext, 'secrets' | 'clock'>;
  readonly transaction: Transaction;
  readonly planId: string;
  readonly actor: Actor;
  readonly schoolYear: number;
  readonly today: string;
  /** The changes of the part, as a condition on `registry.roster_change AS c`. */
  readonly part: RawBuilder<unknown>;
}

/** The rows of one plan, kept outside the database until all of them are read. */
export interface Kept<Row> extends AsyncDisposable {
  add(row: Row): Promise<void> | void;
  /** Of populations that remember rows. */
  addKnown?(known: KnownRow): Promise<void> | void;
}

export interface Compared {
  /** Rows that say what is known. */
  readonly unchanged: number;
  /** Why the plan has to wait for a second person; empty when it has not. */
  readonly heldReasons: readonly Text[];
}

/** People or organisations that rows are about: what planning and applying them means. */
export interface Population<Row = PersonRow | OrganisationRow> {
  readonly id: PopulationId;
  /** Who may change it, in the organisations that its rows name. */
  readonly action: Extract<Action, 'roster.import' | 'organisations.write'>;
  keep(context: ServiceContext): Promise<Kept<Row>>;
  /** Writes the changes, the refusals that only the registry can know, and why the plan has to wait, if it has. */
  plan(planning: Planning, kept: Kept<Row>, sink: Sink): Promise<Compared>;
  /** Remembers the rows that are in step, last of all in the plan's transaction: rows with the same text are not taken apart again. */
  remember?(planning: Planning): Promise<void>;
  /** Its changes depend on each other: they are one part, however many. */
  readonly inOneGo?: true;
  apply(applying: Applying): Promise<void>;
}
