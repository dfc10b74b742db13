/** The page where people ask for their rights over personal data; times are ISO 8601 UTC, sentences in the reader's language. */
export interface DataRequestsProps {
  /** For whom one may ask: oneself first, then the children for whom one decides. `id` goes into `subjectId`. */
  readonly subjects: readonly { readonly id: string; readonly label: string }[];
  /** Whom the page was opened for. */
  readonly subjectId: string;
  /** What one may ask, and within how many days it is answered; `code` goes into `kind`. */
  readonly kinds: readonly { readonly code: string; readonly label: string; readonly days: number }[];
  /** Fields `subjectId`, `kind`, `wish`. */
  readonly askAction: string;
  /** Newest first. */
  readonly requests: readonly {
    readonly id: string;
    readonly what: string;
    /** The child's name; null for oneself and for who is no longer known. */
    readonly whose: string | null;
    readonly state: 'received' | 'acknowledged' | 'erasing' | 'done' | 'refused' | 'withdrawn';
    readonly stateName: string;
    readonly receivedAt: string;
    readonly dueAt: string;
    readonly extensionReason: string | null;
    readonly answer: string | null;
    /** Form without fields; null when it is too late. */
    readonly withdrawAction: string | null;
  }[];
  readonly wasSent: boolean;
  /** As a form shows it. */
  readonly error?: { readonly field?: string; readonly detail: string; readonly remedy?: string };
  readonly accountPath: string;
}
