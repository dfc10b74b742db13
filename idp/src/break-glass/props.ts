/** A sentence that is already in the reader's language. */
type Sentence = string;
/** ISO 8601 UTC. */
type Instant = string;

/**
 * `/break-glass`, for nobody who is signed in. `ask`: who gets which role until when, and a form with the hidden `token`.
 * `gone`: the link says nothing, or nothing any more.
 */
export type BreakGlassProps =
  | {
      readonly step: 'ask';
      readonly name: string;
      readonly role: Sentence;
      readonly endsAt: Instant;
      readonly action: string;
      readonly token: string;
    }
  | { readonly step: 'gone' };
