import type { Actor } from '../actor.ts';

/** That somebody got to know something of others. */
export interface Disclosure {
  /** Null: nobody who signed in, such as the holder of a document's code. */
  readonly actor: Actor | null;
  /** What was done, by its name in the catalogue of operations (`people.open`). */
  readonly operation: string;
  /** The action that the route asked for, of which role the actor made use; undefined where it asked for none. */
  readonly action: string | undefined;
  /** Each once, in no order; the actor may be among them. */
  readonly people: readonly string[];
}

/** Where disclosures are kept, given by the registry. */
export interface Disclosures {
  /** Whether people can read what the operation was. */
  has(operation: string): boolean;
  /** Resolves once it is kept for good: the answer leaves after it. */
  keep(disclosure: Disclosure): Promise<void>;
}
