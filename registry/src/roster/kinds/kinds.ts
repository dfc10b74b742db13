import type { RosterKindId } from '../read/refusals.ts';
import type { RosterKind } from './kind.ts';
import { learners } from './learners.ts';

/** Every roster that is read, by its id. */
export const kinds: ReadonlyMap<string, RosterKind> = new Map<RosterKindId, RosterKind>([['learners', learners]]);
