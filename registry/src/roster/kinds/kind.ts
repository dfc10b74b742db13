import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import type { Action } from '../../permissions/permissions.ts';
import type { ColumnNeeds } from '../columns/match.ts';
import type { Progress } from '../roster.ts';
import type { Cells, Refusal } from './cells.ts';

/** How much of a school a file holds, as the person says who brings it. Only then does an absence mean anything. */
export type Completeness = 'partial' | 'classes' | 'schools';

/** A row that is passed over with a word: a footer, a leaver who is not known. */
export interface Skipped {
  readonly row: number;
  readonly text: string;
  readonly reason: Text;
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
  /** The school of rows that name none. */
  readonly organisationId: string | undefined;
}

/** One plan being applied. */
export interface Applying {
  readonly context: ServiceContext;
  readonly transaction: Transaction;
  readonly planId: string;
  readonly actor: Actor;
  readonly schoolYear: number;
  readonly today: string;
  readonly added: number;
  report(progress: Omit<Progress, 'step'>): void;
}

/** What a row became: staged, refused or passed over. */
export interface Staging {
  /** @throws RowRefused */
  take(cells: Cells): Promise<void> | void;
  /** After each batch of rows and at the end. */
  flush(): Promise<void>;
  /** After the last row: what could only be said with all of them. */
  end?(): Promise<{ readonly unchanged: number }>;
}

/** A roster of one kind: what its columns are, and what planning and applying its rows means. */
export interface RosterKind extends ColumnNeeds {
  readonly name: Text;
  /** Who may import it, in the organisations that its rows name. */
  readonly action: Extract<Action, 'roster.import' | 'organisations.write'>;
  /** Rows of the template: a filled example. */
  readonly examples: readonly Readonly<Record<string, string>>[];
  readonly notes: readonly Text[];
  stage(planning: Planning, sink: { refuse(refusal: Refusal): void; skip(skipped: Skipped): void }): Promise<Staging>;
  /** Writes the changes, the refusals that only the registry can know, and why the plan has to wait, if it has. */
  plan(
    planning: Planning,
    sink: {
      refuse(refusal: Refusal): void;
      skip(skipped: Skipped): void;
      note(text: Text): void;
      refused: readonly Refusal[];
    },
  ): Promise<Text[]>;
  apply(applying: Applying): Promise<void>;
}
