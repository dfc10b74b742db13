import type { Text } from '@edutrust/platform/messages';
import type { Gender, OrganisationKind, SchoolLevel } from '../tables.ts';

/** How much of a school the rows hold, as the person says who brings them. Only then does an absence mean anything. */
export type Completeness = 'partial' | 'classes' | 'schools';

/** What one row of any source says of a person: parsed, sensible by itself, not yet compared with what is known. */
export interface PersonRow {
  /** Its number in the source, as people find it there. */
  readonly row: number;
  /** Of its cells as they stand, keyed; 32 hex digits. Absent where rows are not remembered. */
  readonly fingerprint?: string;
  readonly organisationId: string;
  /** Whom the row is about, where its source is the registry itself; a file never says it. */
  readonly personId?: string;
  readonly classCode?: string | null;
  readonly grade?: number | null;
  /** NFC, as `parseFullName` gives it; null where the row has an identifier instead. */
  readonly fullName: string | null;
  /** `YYYY-MM-DD` */
  readonly birthDate: string | null;
  readonly gender?: Gender | null;
  readonly moetId: string | null;
  readonly personalNumber: string | null;
  readonly localCode: string | null;
  readonly details?: Readonly<Record<string, string>>;
  /** The row itself says that the person is not there: the word of its status. */
  readonly gone?: string | null;
  readonly role?: 'learner' | 'teacher' | 'staff';
  readonly title?: string | null;
  readonly homeroomOf?: string | null;
  readonly guardianName?: string;
  readonly guardianBirthDate?: string | null;
  readonly guardianNumber?: string | null;
  readonly relation?: string;
}

/** What one row says of an organisation. */
export interface OrganisationRow {
  readonly row: number;
  readonly code: string;
  readonly name: string;
  readonly kind: OrganisationKind;
  readonly level: SchoolLevel | null;
  /** Empty: below the organisation chosen for the rows. */
  readonly parentCode: string;
}

/** Why a row is not taken: the cell, and a sentence that says what to do. */
export interface Refusal {
  readonly row: number;
  readonly column: string;
  readonly value: string;
  readonly reason: Text;
  /** The school of the row as far as it could be read: of its learners nobody leaves because of these rows (D12). */
  readonly organisationId?: string;
}

/** A row that is passed over with a word: a footer, a leaver who is not known. */
export interface Skipped {
  readonly row: number;
  readonly text: string;
  readonly reason: Text;
}

/** A row that was in step with the registry when it was last read: handed down as it stands, not taken apart. */
export interface KnownRow {
  readonly row: number;
  /** 32 hex digits. */
  readonly fingerprint: string;
  readonly cells: readonly string[];
}

/** What a source hands down for each of its rows. */
export type Incoming<Row> =
  | { readonly row: Row }
  | { readonly known: KnownRow }
  | { readonly refused: Refusal }
  | { readonly skipped: Skipped };
