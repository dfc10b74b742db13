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
