import type { Transaction } from '../database/database.ts';
import type { Text } from '../messages/messages.ts';

export interface Mail {
  readonly to: string;
  readonly subject: Text;
  /** Plain text, both languages: Vietnamese first. */
  readonly body: Text;
}

/** Mail leaves through the jobs: it is sent exactly when the effect that causes it is kept. */
export interface Mailer {
  send(transaction: Transaction, mail: Mail): Promise<void>;
}
