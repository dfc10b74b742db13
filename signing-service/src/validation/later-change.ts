/** Something that later revisions of the file did after this signature. */
export interface LaterChange {
  readonly kind:
    | 'validation-data'
    | 'document-time-stamp'
    | 'signature'
    | 'form-fill'
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
}
