import type { ReportContent } from '../school-report/read-xml.ts';

/** An extract of an issued school report (bản trích sao): some of its rows, and what the report is that they are from. */
export interface ExtractData {
  /** What the report says, with the rows of the extract alone. */
  readonly report: ReportContent;
  /** The whole results of the learner, awards and the outcome of the year too. */
  readonly withResults: boolean;
  /** In the register of copies, such as `12/TrS`, and its year. */
  readonly number: string;
  readonly year: number;
  readonly requester: string;
  readonly purpose: string;
  /** SHA-256 of the issued PDF that it is from, hexadecimal. */
  readonly sourceSha256: string;
  readonly issuedAt: Date;
  readonly place: string;
  /** Public base URL: the QR leads to `{url}/verify/{code}`. */
  readonly url: string;
  /** Of the extract, printed as given. */
  readonly code: string;
}
