/** The page of who got to know something of oneself or of a child; times are ISO 8601 UTC, sentences in the reader's language. */
export interface LooksProps {
  /** The child's name; null for oneself. */
  readonly child: string | null;
  readonly shown: 'all' | 'people' | 'apps' | 'systems';
  readonly filters: readonly { readonly who: LooksProps['shown']; readonly path: string }[];
  /** Newest first; `day` is of Vietnam, `YYYY-MM-DD`. */
  readonly days: readonly {
    readonly day: string;
    readonly items: readonly {
      readonly kind: 'people' | 'apps' | 'systems';
      /** The last time on that day. */
      readonly at: string;
      readonly who: string;
      /** The end of the sentence; null where only `fields` say it. */
      readonly what: string | null;
      /** By neutral name, or as a person reads them. */
      readonly fields?: readonly string[];
      readonly times: number;
      readonly isAltered: boolean;
    }[];
  }[];
  /** What the check of the book against its log found wrong in the time of this page. */
  readonly findings: readonly { readonly at: string; readonly problem: 'removed' | 'altered' | 'added' }[];
  readonly checkedAt: string | null;
  readonly olderPath: string | null;
  readonly backPath: string;
}
