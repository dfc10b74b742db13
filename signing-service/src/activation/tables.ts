import type { Text } from '@edutrust/platform/messages';
import type { ColumnType, Generated } from 'kysely';
import type { Artefact } from '../templates/template.ts';
import type { ItemState, SessionState } from './states.ts';

export interface SessionTable {
  id: string;
  person_id: string;
  sign_in_session_id: string;
  /** The phone that confirms it; null when a machine with the school's token seals. */
  enrolment_id: string | null;
  machine_id: string | null;
  purpose: Generated<'sign' | 'seal'>;
  /** The seal's key, when the session seals. */
  key_id: string | null;
  /** The certificate that the list binds: an enrolment may have got its next one since. */
  certificate_serial: string | null;
  list: string;
  challenge: Buffer;
  code4: string;
  state: SessionState;
  created_at: Date;
  expires_at: Date;
  assertion: ColumnType<object | null, string | null, string | null>;
  assertion_sha256: Buffer | null;
  /** What the phone says it drew before it signed: `[{ requestId, digestHex, pages }]`. */
  drawn: ColumnType<object | null, string | null | undefined, string | null>;
  /** Requests whose files it did not open. */
  not_opened: Generated<string[]>;
  authorised_at: Date | null;
  lease_until: Date | null;
  completed_at: Date | null;
}

export interface SessionItemTable {
  session_id: string;
  request_id: string;
  artefact: Generated<Artefact>;
  /** The step of the request that is signed. */
  step: Generated<number>;
  position: number;
  state: ItemState;
  digest: Buffer;
  signed_attributes: Buffer;
  prepared: Buffer | null;
  /** Its place in the tree whose root the list names. */
  path: Buffer | null;
  /** The phone has to open it. */
  must_open: Generated<boolean>;
  /** The file that was prepared. */
  base_document_id: string | null;
  signature: Buffer | null;
  time_stamp: Buffer | null;
  ledger_entry_id: string | null;
  leaf: string | null;
  error: ColumnType<{ code: string; detail: Text } | null, string | null, string | null>;
}
