/** A sentence that is already in the reader's language. */
type Sentence = string;
/** ISO 8601 UTC. */
type Instant = string;

/**
 * `/not-me`, for nobody who is signed in. `ask`: what happened, and a form with the hidden `notice` and `key` (`proof`). `done`: it
 * was taken back, and what comes next. `gone`: the link says nothing, or nothing any more.
 */
export type NotMeProps =
  | {
      readonly step: 'ask';
      readonly title: Sentence;
      readonly at: Instant;
      readonly action: string;
      readonly notice: string;
      readonly proof: string;
    }
  | { readonly step: 'done' | 'gone' };
