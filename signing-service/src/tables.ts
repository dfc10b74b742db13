import type { Database, Transaction } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import type { ColumnType, Generated, JSONColumnType, Kysely } from 'kysely';
import type { ItemState, SessionState } from './activation/states.ts';
import type { EnrolmentState } from './enrolment/states.ts';
import type { RequestState } from './requests/states.ts';
import type { SubjectMarks, TermResults } from './transcript/transcript.ts';

export type Custody = 'device' | 'hsm';

export interface EnrolmentTable {
  id: string;
  person_id: string;
  organisation_id: string;
  title: string;
  state: EnrolmentState;
  custody: Custody;
  approval_code: string;
  created_at: Date;
  decided_at: Date | null;
  decided_by: string | null;
  ended_at: Date | null;
  reason: string | null;
  device_name: string;
  credential_id: string;
  credential_public_key: Buffer;
  credential_counter: number;
  transports: string[];
  is_synced: boolean;
  attestation_object: Buffer;
  prf_salt: Buffer;
  last_used_at: Date | null;
  public_key_spki: Buffer;
  key_id: string | null;
  wrapped_private_key: Buffer | null;
  possession: ColumnType<{ challenge: string; signature: string } | null, string | null, string | null>;
  certificate_serial: string | null;
  certificate: Buffer | null;
}

export interface GradeTable {
  person_id: string;
  class_id: string;
  subjects: JSONColumnType<SubjectMarks[]>;
  learning: JSONColumnType<TermResults>;
  conduct: JSONColumnType<TermResults>;
  absent_days: Generated<number>;
  award: string | null;
  outcome: string | null;
  remarks: string | null;
}

export interface DocumentTable {
  id: string;
  bytes: Buffer;
  sha256: Buffer;
  size_bytes: number;
  pages: number;
  created_at: Date;
}

export interface RequestTable {
  id: string;
  kind: 'transcript';
  title: string;
  organisation_id: string;
  class_id: string | null;
  subject_id: string | null;
  signer_id: string;
  signer_title: string;
  requested_by: string | null;
  state: RequestState;
  reason: string | null;
  code: string;
  unsigned_document_id: string;
  signed_document_id: string | null;
  session_id: string | null;
  created_at: Date;
  due_at: Date | null;
  closed_at: Date | null;
}

export interface SessionTable {
  id: string;
  person_id: string;
  sign_in_session_id: string;
  enrolment_id: string;
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
  authorised_at: Date | null;
  lease_until: Date | null;
  completed_at: Date | null;
}

export interface SessionItemTable {
  session_id: string;
  request_id: string;
  position: number;
  state: ItemState;
  digest: Buffer;
  signed_attributes: Buffer;
  prepared: Buffer | null;
  signature: Buffer | null;
  time_stamp: Buffer | null;
  ledger_entry_id: string | null;
  leaf: string | null;
  error: ColumnType<{ code: string; detail: Text } | null, string | null, string | null>;
}

export type SigningTables = {
  'signing.enrolment': EnrolmentTable;
  'signing.grade': GradeTable;
  'signing.document': DocumentTable;
  'signing.request': RequestTable;
  'signing.session': SessionTable;
  'signing.session_item': SessionItemTable;
};

/** The database, or a transaction of it, with our tables. */
export function signingOf(db: Database | Transaction): Kysely<SigningTables> {
  return (db as Database).withTables<SigningTables>(); // a transaction is a Kysely too
}
