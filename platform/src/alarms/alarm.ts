import type { Text } from '../messages/messages.ts';

/** What an operator must do something about, before anybody outside notices. */
export interface Alarm {
  /** Stable: `signature-stuck`. */
  readonly code: string;
  /** Which one of several things; empty when it is about all of them. */
  readonly about: string;
  /** Worth knowing, and no reason to call the installation ill. */
  readonly isWarning?: true;
  /** What is the matter and what to do. */
  readonly sentence: Text;
}
