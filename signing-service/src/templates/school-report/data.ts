import type { MarksRow, TranscriptData } from '../transcript/data.ts';

/** A row of marks, and who teaches the subject and answers for it. */
export interface SubjectRow extends MarksRow {
  /** Full name of the subject's teacher; absent where the class teacher answers for it. */
  readonly teacher?: string;
}

/** What a school report says beside what every transcript says. Texts are Vietnamese and are put to NFC. */
export interface SchoolReportData extends TranscriptData {
  readonly grade: number;
  readonly subjects: readonly SubjectRow[];
  /** In grade 9: the confirmation that takes the place of the lower secondary diploma (Circular 10/2026/TT-BGDĐT). */
  readonly completion?: string;
  /** 1, and one more with each correction. */
  readonly version: number;
  /** Of a correction: the code of the report that it takes the place of. */
  readonly replaces?: string;
}
