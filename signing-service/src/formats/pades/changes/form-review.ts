import type { Comparison } from './comparison.ts';
import type { Permissions } from './permissions.ts';

/** What is found of the form while it is compared. */
export interface FormReview {
  readonly comparison: Comparison;
  readonly permissions: Permissions;
  /** Widgets of new signature fields. */
  readonly widgets: Set<number>;
  /** Values of signature fields that were added or signed. */
  readonly signatures: Set<number>;
  /** Looks that lie over a page which is one picture. */
  readonly overScans: Set<number>;
}
