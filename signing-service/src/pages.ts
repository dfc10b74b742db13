import type { Locale } from '@edutrust/platform/messages';
import type { SignatureReport, ValidationReport } from './validation/report.ts';

export type { SignatureReport, SigningTime } from './validation/report.ts';

/** How a page is shown. */
export interface PageView {
  readonly locale: Locale;
  /** The address that was asked for, with its query: language links and form actions return to it. */
  readonly path: string;
}

/** A sentence that is already in the reader's language. */
type Sentence = string;

/** `/verify`: drop a file or type a code; a plain multipart form, enhanced afterwards. */
export interface VerifyProps {
  /** Where the file form posts (`multipart/form-data`, fields `file`, and optionally `trust` and `at`). */
  readonly action: string;
  /** Where the code form leads (`GET`, field `code`). */
  readonly codeAction: string;
  /** Largest file that is read, in bytes. */
  readonly maxBytes: number;
  /** What was wrong with the last try. */
  readonly error?: { readonly detail: Sentence; readonly remedy?: Sentence };
  /** What was typed into the code field. */
  readonly code?: string;
}

/** A document that this platform keeps, as anyone may see who holds its code. Times are ISO 8601 UTC. */
export interface PublicDocument {
  /** In groups, as printed: `7KQ4-M2XA-9TBC`. */
  readonly code: string;
  readonly title: string;
  /** Initials but for the given name: enough to compare with the paper, too little to learn from it. */
  readonly holder: string | null;
  /** The school that issued it. */
  readonly issuer: string;
  /** The official whose signature the document is known by. */
  readonly signer: { readonly name: string; readonly title: string };
  /** Every signature of its order; of a transcript class teacher, principal, the school's seal. */
  readonly signatures: readonly {
    readonly role: 'subject-teacher' | 'class-teacher' | 'principal' | 'school-seal' | 'signer';
    readonly name: string;
    readonly title: string;
    readonly isDone: boolean;
    /** Null before it is given. */
    readonly at: string | null;
  }[];
  /** `signed`: by every person, the seal is due; `issued`: with every signature of its order; `replaced`: corrected since; `revoked`: taken back by a decision. */
  readonly state: 'waiting' | 'signed' | 'issued' | 'replaced' | 'revoked' | 'rejected' | 'withdrawn';
  /** Code of the corrected document that has taken its place. */
  readonly replacedBy: string | null;
  readonly createdAt: string;
  /** When it was issued. */
  readonly signedAt: string | null;
  /** SHA-256 of the issued file, hexadecimal; null before. */
  readonly sha256: string | null;
  /** Of a school report the same for its XML. */
  readonly dataSha256: string | null;
  /** Of an extract, and of a print where its own code was asked for: which copy it is, and of what. Null of an original. */
  readonly copy: {
    readonly form: 'extract' | 'print';
    /** In the issuer's register of that year: `12/SY`. */
    readonly number: string;
    readonly year: number;
    readonly madeAt: string;
    /** Code of what it is a copy of, in groups. */
    readonly of: string;
    /** False once a correction has taken the original's place. */
    readonly isOriginalInForce: boolean;
  } | null;
}

/** The answer to one of the two questions that are never mixed. */
export interface Answer {
  /** `unknown`: not provable yet; `none`: there is no signature to ask about. */
  readonly answer: 'yes' | 'no' | 'unknown' | 'none';
  readonly sentence: Sentence;
}

/** What a file turned out to be. */
export interface VerifyReportProps {
  readonly fileName: string;
  readonly sizeBytes: number;
  /** SHA-256 of the file as it was given, hexadecimal. */
  readonly sha256: string;
  readonly verdict: ValidationReport['verdict'];
  /** The whole answer in one sentence. */
  readonly sentence: Sentence;
  /** "Unchanged?" */
  readonly unchanged: Answer;
  /** "Trusted then?" */
  readonly trusted: Answer;
  /** Why, most important first. */
  readonly reasons: readonly Sentence[];
  /** What decides nothing, and should be seen. */
  readonly warnings: readonly Sentence[];
  /** Of two files: whether they are the two forms of one school report. */
  readonly otherForm: { readonly agrees: boolean; readonly sentence: Sentence } | null;
  /** What to do now. */
  readonly nextStep: Sentence;
  /** One for each signature, for those who want to know exactly. */
  readonly signatures: readonly SignatureReport[];
  /** When it was judged, ISO 8601 UTC. */
  readonly judgedAt: string;
  /** The document as this platform knows it; null when it does not. `isSameFile`: byte for byte the one we keep. */
  readonly document: (PublicDocument & { readonly isSameFile: boolean }) | null;
  /** Where the report lies as JSON: on the server for a quarter of an hour. */
  readonly downloadPath: string;
  /** The same report by ETSI TS 119 102-2, as XML. */
  readonly etsiPath: string;
  /** The same report as a PDF to print or to put into a file; null where the page itself is printed. */
  readonly paperPath: string | null;
  /** Back to the form. */
  readonly again: string;
}

/** `/verify/{code}`: where the QR on a document leads. */
export interface VerifyCodeProps {
  readonly document: PublicDocument;
  /** The state as a sentence. */
  readonly sentence: Sentence;
  /** Where the file form posts, to compare the file in hand. */
  readonly action: string;
  readonly maxBytes: number;
  readonly error?: { readonly detail: Sentence; readonly remedy?: Sentence };
  /** Comparing the paper in hand without a file, by a few of its marks; null when there is nothing to compare. */
  readonly paper: PaperQuestion | null;
}

/** Which marks of the paper are asked for, and what came of the last try: one answer for all of them. */
export interface PaperQuestion {
  /** `POST` of `first` and `second`, in the order of `cells`. */
  readonly action: string;
  readonly cells: readonly { readonly subject: string; readonly column: string }[];
  readonly answer?: 'matches' | 'differs';
  /** What was typed, to compare with the paper once more. */
  readonly typed?: readonly string[];
  readonly error?: { readonly detail: Sentence; readonly remedy?: Sentence };
}

/** `/verify/diploma`: a diploma by what stands on it. */
export interface DiplomaProps {
  /** `POST` of `number`, `year`, `fullName` and `birthDate` (`YYYY-MM-DD`). */
  readonly action: string;
  readonly typed?: {
    readonly number: string;
    readonly year: string;
    readonly fullName: string;
    readonly birthDate: string;
  };
  /** `none`: nothing fits all four. */
  readonly answer?: 'in-force' | 'not-in-force' | 'none';
}

/** The public pages, each a whole HTML document that works without JavaScript. Implemented by the screens. */
export interface SigningPages {
  verify(props: VerifyProps, view: PageView): string;
  verifyReport(props: VerifyReportProps, view: PageView): string;
  verifyCode(props: VerifyCodeProps, view: PageView): string;
  diploma(props: DiplomaProps, view: PageView): string;
}
