import type { Text } from '@edutrust/platform/messages';
import type { RosterFile, RosterKindId, SheetRow } from '@edutrust/registry/roster';
import type { Static, TObject } from 'typebox';

/** What another system holds at one moment, read as often as is needed while it is open. */
interface Opening extends AsyncDisposable {
  /**
   * A digest of every key with the mark that its system changes when the entry is touched, read without the entries: the
   * same digest again says that nothing was. Absent where the system marks nothing.
   */
  mark?(): Promise<string>;
}

/** A system that is asked. */
export interface RowSnapshot extends Opening {
  /**
   * The rows of a roster of this kind, the header first, in the words of our own template.
   *
   * @throws Unavailable `sync/incomplete-read` when they may not be all that there are: what is missing would read as
   * people who left (D4).
   */
  rows(kind: RosterKindId): AsyncIterable<SheetRow>;
}

/** A system that gives files; each is whole when it is opened. */
export interface FileSnapshot extends Opening {
  file(): RosterFile;
}

export type Snapshot = RowSnapshot | FileSnapshot;

export interface SourceOpening<Settings> {
  readonly settings: Settings;
  readonly secret: string;
  /** The person says that it holds everybody of its schools: who is absent has left. */
  readonly isWhole: boolean;
  /** Where folders for files are. */
  readonly incoming: string;
}

/** A kind of system that rosters come from. What varies between them is here; planning and applying know no source. */
export interface SourceKind<Schema extends TObject = TObject, Opened extends Snapshot = Snapshot> {
  readonly kind: string;
  readonly title: Text;
  /** What a source of this kind is set by, beside its one secret; refuses unknown members. */
  readonly settings: Schema;
  /** The rosters that it can give. */
  readonly rosters: readonly RosterKindId[];
  /** @throws InvalidInput for settings that would be unsafe. */
  check(settings: Static<Schema>, secret: string): void;
  /** @throws Unavailable `sync/unreachable` */
  open(opening: SourceOpening<Static<Schema>>): Promise<Opened>;
}
