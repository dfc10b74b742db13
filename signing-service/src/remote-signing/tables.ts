import type { ColumnType } from 'kysely';
import type { AuthorisationState } from './states.ts';

/** What an app asked to be signed, and what its person said. */
export interface RemoteAuthorisationTable {
  id: string;
  client_id: string;
  person_id: string;
  organisation_id: string;
  enrolment_id: string;
  certificate_serial: string;
  description: string | null;
  list: string;
  challenge: Buffer;
  code4: string;
  /** The sign-in of the app that waits for the person; else the app asks with a handle. */
  interaction: string | null;
  handle_sha256: Buffer | null;
  sad_sha256: Buffer | null;
  state: AuthorisationState;
  created_at: Date;
  expires_at: Date;
  assertion: ColumnType<object | null, string | null, string | null>;
  assertion_sha256: Buffer | null;
  authorised_at: Date | null;
  used_at: Date | null;
}

export interface RemoteHashTable {
  authorisation_id: string;
  position: number;
  hash: Buffer;
  /** By the phone that holds its key, DER; null: the key store's is made when the app asks. */
  signature: Buffer | null;
  signed_at: Date | null;
}
