import type { Text } from '@edutrust/platform/messages';
import type { Static, TObject } from 'typebox';
import type { Change, Values } from '../model/change.ts';
import type { ContractField } from '../model/contract.ts';

/** What a target holds of ours, in neutral words. */
export type Held =
  | { readonly kind: 'person'; readonly key: string; readonly fields: Values; readonly mark?: string }
  | { readonly kind: 'group'; readonly key: string; readonly mark?: string }
  | { readonly kind: 'membership'; readonly group: string; readonly people: readonly string[] };

/** One person as the target holds them. */
export interface Holding {
  readonly fields: Values;
  /** Names of our groups that they are in. */
  readonly groups: readonly string[];
}

/** That something of ours stands at the target, with a mark that is another one whenever it was touched. */
export interface Mark {
  readonly kind: 'person' | 'group';
  readonly key: string;
  readonly mark: string;
}

/** What a target offers that says what was touched, so that not everything has to be read. */
export interface Marks {
  /** Everything of ours, without what it holds. @throws Unavailable `sync/incomplete-read` */
  list(): AsyncIterable<Mark>;
  /** Keys of the people in a group of ours; none when it is not there. */
  membersOf(group: string): Promise<readonly string[]>;
}

/** The target's own ids of what is ours there, kept between runs; for targets that know nothing by our names. */
export interface References {
  get(kind: 'person' | 'group', keys: readonly string[]): Promise<Map<string, string>>;
  /** The other way round: our names for the target's ids. */
  keysOf(kind: 'person' | 'group', references: readonly string[]): Promise<Map<string, string>>;
  put(kind: 'person' | 'group', entries: ReadonlyMap<string, string>): Promise<void>;
}

/** Numbers of people at one target: one each, the same for ever, and of nobody else afterwards. */
export interface Numbers {
  /** Of those who have one. */
  known(keys: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Gives one to each who has none. */
  take(keys: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/** An open connection to one target. */
export interface Connection extends AsyncDisposable {
  /** How many changes may be on their way at once. */
  readonly inFlight: number;
  /**
   * The fields that it keeps, and `groups` when it keeps those; others are neither sent nor compared, or they would be sent
   * again every night.
   */
  readonly carries: ReadonlySet<string>;
  /** Only of targets that mark what was touched. */
  readonly marks?: Marks;
  /** The form in which two names that are one name to the target are the same text. */
  fold(key: string): string;
  /** Makes what every change needs; nothing when it is there. */
  prepare(): Promise<void>;
  /**
   * Everything of ours that the target holds, in any order; groups before their members. Where it marks, with the marks.
   *
   * @throws Unavailable `sync/incomplete-read` when it may not be everything: what is missing would read as people who
   * left (D4).
   */
  inventory(): AsyncIterable<Held>;
  /** The same for these people only, without reading whole groups. Who is not there is not in the map. */
  lookUp(keys: readonly string[]): Promise<ReadonlyMap<string, Holding>>;
  /**
   * Does one change. Every change sets a state, so that doing it twice is doing it once (D6).
   *
   * @throws Unavailable when the target does not answer; anything else when it refuses this one change.
   */
  apply(change: Change): Promise<void>;
}

/** What is needed to open a connection. */
export interface Opening<Settings> {
  readonly settings: Settings;
  readonly secret: string;
  readonly references: References;
  readonly numbers: Numbers;
}

/** One thing that was looked at. */
export interface Finding {
  readonly step:
    | 'connection'
    | 'credentials'
    | 'clock'
    | 'base'
    | 'schema'
    | 'limits'
    | 'accounts'
    | 'contract'
    | 'queue'
    | 'quarantine'
    | 'digest';
  readonly state: 'good' | 'warning' | 'bad';
  readonly sentence: Text;
  /** What to do about it; null when nothing is to be done. */
  readonly next: Text | null;
}

/** A step of an examination that is as it should be. */
export const good = (step: Finding['step'], vi: string, en: string): Finding => ({
  step,
  state: 'good',
  sentence: { vi, en },
  next: null,
});

/** That the target answers; `started` is of `performance.now()`. */
export function connected(started: number): Finding {
  const ms = Math.round(performance.now() - started);
  return good('connection', `Máy chủ trả lời sau ${ms} ms.`, `The server answers after ${ms} ms.`);
}

/** Writes what a target holds as a file that its own program loads: parts of a text, in their order. */
export interface LoadFile {
  /** As {@link Connection.carries}. */
  readonly carries: ReadonlySet<string>;
  head(): string;
  people(people: readonly { readonly key: string; readonly fields: Values }[]): Promise<string>;
  group(name: string, people: readonly string[]): string;
}

/** A kind of target. What varies between targets is here; the engine knows none of their words. */
export interface Connector<Schema extends TObject = TObject> {
  readonly kind: string;
  readonly title: Text;
  /** What a target of this kind is set by, beside its one secret; refuses unknown members. */
  readonly settings: Schema;
  /** Fields without which the target cannot keep a person. */
  readonly needs: readonly ContractField[];
  /** @throws InvalidInput for settings that would be unsafe. */
  check(settings: Static<Schema>, secret: string): void;
  /** @throws Unavailable `sync/unreachable` */
  open(opening: Opening<Static<Schema>>): Promise<Connection>;
  /** Absent where no program loads files. */
  loadFile?(opening: Opening<Static<Schema>>): LoadFile;
  /** Looks, step by step, at whether people can be kept there, and ends at the first step that makes the others idle. */
  examine(opening: Opening<Static<Schema>>): AsyncIterable<Finding>;
}
