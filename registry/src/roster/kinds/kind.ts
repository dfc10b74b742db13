import type { Text } from '@edutrust/platform/messages';
import type { Population } from '../../changes/population.ts';
import type { OrganisationRow, PersonRow } from '../../changes/row.ts';
import type { OrganisationKind } from '../../tables.ts';
import type { ColumnNeeds } from '../columns/match.ts';
import type { Places } from '../places.ts';
import type { Cells } from './cells.ts';

/** A roster of one kind: what its columns are, what a row of them says, and whose changes it makes. */
export interface RosterKind extends ColumnNeeds {
  readonly name: Text;
  /** Who may import it, in the organisations that its rows name. */
  readonly action: Population['action'];
  readonly population: Population;
  /** Rows of the template: a filled example. */
  readonly examples: readonly Readonly<Record<string, string>>[];
  readonly notes: readonly Text[];
  /** Where its rows may belong; empty for rows that are organisations themselves. */
  readonly placeKinds: readonly OrganisationKind[];
  /** @throws RowRefused */
  rowOf(cells: Cells, places: Places): PersonRow | OrganisationRow;
}
