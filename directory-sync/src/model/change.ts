import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** Values by the neutral name of their field. Values have no order. */
export type Values = Readonly<Record<string, readonly string[]>>;

/** What a change is about: a person, a group, or who is in a group. */
export type ChangeKind = 'person' | 'group' | 'membership';
export type ChangeAction = 'add' | 'change' | 'disable' | 'remove';

/**
 * One thing to do at a target, in no target's words: what it holds there before, and what it holds after. Only what
 * differs is named. Of a membership `members` are those who come (`after`) or go (`before`); everyone else stays.
 */
export interface Change {
  readonly kind: ChangeKind;
  readonly action: ChangeAction;
  /** The education ID of a person, the name of a group. */
  readonly key: string;
  readonly before: Values;
  readonly after: Values;
  /** The person whom it is about, when it is about one. */
  readonly personId: string | null;
  /** Disables somebody, or takes somebody who is disabled out of a group: what the guard looks at. */
  readonly ofLeaver: boolean;
}

/** The people who come into a group or leave it. */
export const membersOf = ({ action, before, after }: Pick<Change, 'action' | 'before' | 'after'>): readonly string[] =>
  (action === 'remove' ? before : after).members ?? [];

/** The change as the digest covers it (RFC 8785): equal lines do the same. */
export function lineOf({ kind, action, key, before, after }: Change): string {
  return canonicalize({ kind, action, key, before: sorted(before), after: sorted(after) }) ?? '';
}

function sorted(values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([name, list]) => [name, [...list].sort()]));
}

/** SHA-256 over the lines of a plan in their order: two plans of one digest do the same (D16). */
export class PlanDigest {
  readonly #hash = createHash('sha256');

  add(change: Change): void {
    this.#hash.update(lineOf(change)).update('\n');
  }

  /** Ends it. */
  end(): Buffer {
    return this.#hash.digest();
  }
}
