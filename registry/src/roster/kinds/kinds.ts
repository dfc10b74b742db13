import { populationOf } from '../../changes/populations.ts';
import type { RosterKindId } from '../read/refusals.ts';
import { guardians } from './guardians.ts';
import type { RosterKind } from './kind.ts';
import { learners } from './learners.ts';
import { schools } from './schools.ts';
import { staff } from './staff.ts';

/** Every roster that is read, by its id. */
export const kinds: ReadonlyMap<string, RosterKind> = new Map<RosterKindId, RosterKind>(
  [learners, staff, schools, guardians].map((kind) => [kind.id, kind]),
);

/** @throws InvalidInput `roster/no-kind` for a kind that we do not read. */
export function kindOf(id: string): RosterKind {
  const kind = kinds.get(populationOf(id).id);
  if (!kind) throw new Error(`no roster is of ${id}`);
  return kind;
}
