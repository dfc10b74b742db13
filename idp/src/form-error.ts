/** A sentence that is already in the reader's language. */
type Sentence = string;

/** What went wrong with the last try; `field` is the name of the input that it stands beside, absent for the whole form. */
export interface FormError {
  readonly field?: string;
  readonly detail: Sentence;
  readonly remedy?: Sentence;
}
