import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { planChanges } from '../changes/plan.ts';
import type { Progress } from '../changes/population.ts';
import type { Completeness } from '../changes/row.ts';
import { findPlan, type RosterPlan } from '../changes/view.ts';
import { headerOf } from './columns/fields.ts';
import { kindOf } from './kinds/kinds.ts';
import { openRosterFile, type RosterFile, type RosterTable } from './read/file.ts';
import { openRoster } from './source.ts';

export { acceptImport, applyImport } from '../changes/apply.ts';
export { describePlan } from '../changes/describe.ts';
export { discardPlans } from '../changes/discard.ts';
export type { Progress } from '../changes/population.ts';
export type { Completeness } from '../changes/row.ts';
export { findUndo, type Undo, undoDays, undoPlan } from '../changes/undo.ts';
export { findPlan, type RosterPlan } from '../changes/view.ts';
export type { RosterFile } from './read/file.ts';
export { packageRows } from './read/packages/package.ts';
export type { Entry, PackageTables } from './read/packages/tables.ts';
export { largestRosterBytes, type RosterKindId, rosterKinds } from './read/refusals.ts';
export type { SheetRow } from './read/row.ts';

export interface ImportInput {
  readonly kind?: string;
  readonly path?: string;
  readonly file?: RosterFile | RosterTable;
  readonly organisationId?: string | undefined;
  readonly completeness?: Completeness;
  readonly columns?: readonly (string | null)[];
  readonly rememberColumns?: boolean;
  readonly sheet?: string;
  readonly headerRow?: number;
  readonly actor: Actor;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Reads a roster and writes down what applying it would do: nobody is changed yet.
 *
 * @throws InvalidInput `roster/…` for a file that cannot be read; TooLarge.
 */
export async function planImport(
  context: ServiceContext,
  { path, file, kind = 'learners', organisationId, ...input }: ImportInput,
): Promise<RosterPlan> {
  const { actor, completeness, onProgress } = input;
  const rosterKind = kindOf(kind);
  const source = await openRoster(context, {
    kind: rosterKind,
    file: file ?? (await openRosterFile(path ?? '')),
    organisationId,
    ...input,
  });
  const id = await planChanges(context, {
    population: rosterKind.population,
    source,
    actor,
    ...(organisationId ? { organisationId } : {}),
    ...(completeness ? { completeness } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
  if (input.rememberColumns) await source.rememberColumns();
  return findPlan(context.db, id, actor);
}

/** The columns that a roster of the kind may have: what a source maps its own names to. */
export function rosterFields(kind: string): readonly { readonly id: string; readonly label: string }[] {
  return kindOf(kind).fields.map((field) => ({ id: field.id, label: headerOf(field) }));
}
