/** A page of the document as it is now on which a change shows. */
export interface ChangedPage {
  /** From 1. */
  readonly page: number;
  /** As parts of the page's width and height, where the change is a block of its own on it. */
  readonly area?: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/** Something that later revisions of the file did after this signature. */
export interface LaterChange {
  readonly kind:
    | 'validation-data'
    | 'document-time-stamp'
    | 'signature'
    | 'form-fill'
    | 'comment'
    | 'covering'
    | 'metadata'
    | 'page'
    | 'catalog'
    | 'form'
    | 'object'
    | 'trailer'
    | 'bytes'
    | 'padding';
  /** Whether a rule of the policy allows it; one change that is not makes the signature invalid. */
  readonly allowed: boolean;
  readonly vi: string;
  readonly en: string;
  readonly detail?: string;
  /** Where it shows, as far as the file's objects say; absent for what belongs to no page. */
  readonly pages?: readonly ChangedPage[];
}
