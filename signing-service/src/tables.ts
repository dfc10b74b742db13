import type { Database, Transaction } from '@edutrust/platform/database';
import type { ColumnType, Generated, JSONColumnType, Kysely } from 'kysely';
import type { SessionItemTable, SessionTable } from './activation/tables.ts';
import type { DelegationForm } from './delegations/offices.ts';
import type { EnrolmentState } from './enrolment/states.ts';
import type { FormatName } from './formats/format.ts';
import type { SubjectAssignment } from './marks/curriculum.ts';
import type { MarksSource, MarkValues } from './marks/values.ts';
import type { PictureTable } from './pictures/tables.ts';
import type { PushSubscriptionTable, ReminderTable } from './reminders/tables.ts';
import type { RemoteAuthorisationTable, RemoteHashTable } from './remote-signing/tables.ts';
import type { RequestState, StepState } from './requests/states.ts';
import type { MachineState } from './sealing-machine/states.ts';
import type { FormKind } from './templates/form/form.ts';
import type { StepRole } from './templates/order.ts';
import type { ClassTemplate, DocumentKind } from './templates/template.ts';

export type Custody = 'device' | 'hsm';

export interface EnrolmentTable {
  id: string;
  person_id: string;
  organisation_id: string;
  title: string;
  state: EnrolmentState;
  custody: Custody;
  approval_code: string;
  /** The act of two people that it waits for, or was approved by; null for one of before. */
  approval_id: string | null;
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

export interface MarksTable {
  class_id: string;
  person_id: string;
  version: number;
  content: JSONColumnType<MarkValues>;
  source: MarksSource;
  entered_by: string | null;
  entered_at: Date;
}

export interface MarksPlanTable {
  id: string;
  class_id: string;
  file_name: string;
  state: 'planned' | 'applied' | 'expired';
  changes: JSONColumnType<object[]>;
  report: JSONColumnType<object>;
  made_by: string;
  made_at: Date;
  applied_at: Date | null;
}

export interface DocumentTable {
  id: string;
  bytes: Buffer;
  sha256: Buffer;
  size_bytes: number;
  pages: number;
  created_at: Date;
}

export interface ArchiveTable {
  request_id: string;
  generation: number;
  document_id: string;
  data_id: string | null;
  made_at: Date;
  /** Until when its time stamp can be shown to be good. */
  good_until: Date;
}

export interface UploadTable {
  id: string;
  organisation_id: string;
  document_id: string;
  file_name: string;
  uploaded_by: string;
  created_at: Date;
}

export interface RequestTable {
  id: string;
  kind: DocumentKind;
  format: Generated<FormatName>;
  title: string;
  organisation_id: string;
  class_id: string | null;
  subject_id: string | null;
  /** The official whose signature the document is known by: the last person of its order. */
  signer_id: string;
  signer_title: string;
  requested_by: string | null;
  state: RequestState;
  reason: string | null;
  code: string;
  unsigned_document_id: string;
  /** Signatures that the unsigned file carried already. */
  signatures_before: Generated<number>;
  /** The file with every signature so far. */
  signed_document_id: string | null;
  /** The same as XML, of kinds that have it. */
  unsigned_data_id: string | null;
  signed_data_id: string | null;
  run_id: string | null;
  /** 1, and one more with each correction. */
  version: Generated<number>;
  /** The issued document whose place it takes once it is issued itself. */
  replaces_id: string | null;
  created_at: Date;
  due_at: Date | null;
  /** When it was told that the deadline has passed. */
  overdue_at: ColumnType<Date | null, never, Date | null>;
  closed_at: Date | null;
  /** The app that asked by itself, its own name for the document, and SHA-256 of what it asked; all three or none. */
  app_id: string | null;
  app_key: string | null;
  app_asked_sha256: Buffer | null;
}

/** A correction that two people agreed to. */
export interface CorrectionTable {
  request_id: string;
  approval_id: string;
  reason: string;
  approved_at: Date;
}

/** A row of the register of copies: a print, or an extract with a request of its own. */
export interface CopyTable {
  id: string;
  form: 'extract' | 'print';
  request_id: string;
  extract_id: string | null;
  organisation_id: string;
  /** By Vietnam's clock; numbers begin anew with it. */
  year: number;
  number: number;
  code: string;
  requester: string;
  purpose: string;
  made_by: string;
  made_at: Date;
  document_id: string;
}

/** A row of the register of parcels of school reports. */
export interface ParcelTable {
  id: string;
  request_id: string;
  organisation_id: string;
  class_id: string;
  /** Numbers begin anew with it. */
  school_year: number;
  number: number;
  replaces_id: string | null;
  made_by: string;
  made_at: Date;
  receipt: string | null;
  sent_by: string | null;
  sent_at: Date | null;
}

/** A report that a parcel holds. */
export interface ParcelItemTable {
  parcel_id: string;
  request_id: string;
}

/** A row of the register of documents by forms. */
export interface FormTable {
  request_id: string;
  /** As the caller made it. */
  order_id: string;
  kind: FormKind;
  organisation_id: string;
  year: number;
  number: number;
  values: JSONColumnType<Record<string, string>>;
  made_by: string;
  made_at: Date;
}

/** Why an issued document is no longer in force. */
export interface RevocationTable {
  request_id: string;
  form: 'revoke' | 'cancel';
  reason: string;
  decision: string;
  approval_id: string;
  revoked_at: Date;
}

/** Who teaches a subject of a class; none: the class teacher. */
export interface SubjectTeacherTable {
  class_id: string;
  subject: string;
  person_id: string;
  set_by: string;
  set_at: Date;
}

/** The signer's own picture, where there is one when it is signed; or a line, with the time behind it. */
export type StepLook = { readonly kind: 'picture' } | { readonly kind: 'line'; readonly text: string };

export interface StepTable {
  request_id: string;
  position: number;
  role: StepRole;
  /** Steps of one turn are due together; null: its position. */
  turn: number | null;
  /** Null for a seal until a clerk has put it on. */
  signer_id: string | null;
  signer_title: string;
  place: ColumnType<
    { page: number | 'last'; rect: [number, number, number, number] } | null,
    string | null,
    string | null
  >;
  /** What is seen at its place; null: the usual block. */
  look: ColumnType<StepLook | null, string | null | undefined, never>;
  state: StepState;
  on_behalf_of: string | null;
  session_id: string | null;
  document_id: string | null;
  data_id: string | null;
  /** Since when it is its signer's turn. */
  due_since: Date | null;
  closed_at: Date | null;
}

export interface DelegationTable {
  id: string;
  organisation_id: string;
  signer_id: string;
  delegate_id: string;
  form: DelegationForm;
  kinds: string[];
  paper: string | null;
  valid_from: Date;
  valid_until: Date;
  made_at: Date;
  ended_at: Date | null;
}

export interface TranscriptRunTable {
  id: string;
  class_id: string;
  organisation_id: string;
  input: JSONColumnType<{
    template?: ClassTemplate;
    personIds?: string[];
    subjectTeachers?: readonly SubjectAssignment[];
    signerId: string;
    dueAt?: string;
  }>;
  requested_by: string | null;
  total: number;
  state: 'running' | 'done';
  created_at: Date;
  finished_at: Date | null;
}

export type RunOutcome = 'made' | 'exists' | 'no-marks' | 'incomplete-marks' | 'held-back' | 'left-class' | 'failed';

export interface TranscriptRunItemTable {
  run_id: string;
  person_id: string;
  outcome: RunOutcome;
  request_id: string | null;
  /** Keys of the columns that are empty. */
  missing: ColumnType<string[] | null, string | null, string | null>;
}

export interface SealingMachineTable {
  id: string;
  organisation_id: string;
  /** The clerk who paired it. */
  person_id: string;
  name: string;
  state: MachineState;
  /** SubjectPublicKeyInfo of the machine's own key, DER. */
  public_key: Buffer;
  token_sha256: Buffer;
  /** On the school's token, DER. */
  certificate: Buffer;
  certificate_until: Date;
  issuers: Buffer[];
  /** What the certificate's authority said last, DER. */
  crls: Buffer[];
  ocsp_responses: Buffer[];
  approval_id: string;
  created_at: Date;
  paired_at: Date | null;
  expires_at: Date | null;
  ended_at: Date | null;
  last_used_at: Date | null;
}

export type SigningTables = {
  'signing.enrolment': EnrolmentTable;
  'signing.marks': MarksTable;
  'signing.marks_plan': MarksPlanTable;
  'signing.document': DocumentTable;
  'signing.archive': ArchiveTable;
  'signing.upload': UploadTable;
  'signing.request': RequestTable;
  'signing.correction': CorrectionTable;
  'signing.copy': CopyTable;
  'signing.parcel': ParcelTable;
  'signing.parcel_item': ParcelItemTable;
  'signing.form': FormTable;
  'signing.revocation': RevocationTable;
  'signing.step': StepTable;
  'signing.delegation': DelegationTable;
  'signing.picture': PictureTable;
  'signing.reminder': ReminderTable;
  'signing.push_subscription': PushSubscriptionTable;
  'signing.subject_teacher': SubjectTeacherTable;
  'signing.transcript_run': TranscriptRunTable;
  'signing.transcript_run_item': TranscriptRunItemTable;
  'signing.sealing_machine': SealingMachineTable;
  'signing.session': SessionTable;
  'signing.session_item': SessionItemTable;
  'signing.remote_authorisation': RemoteAuthorisationTable;
  'signing.remote_hash': RemoteHashTable;
};

/** The database, or a transaction of it, with our tables. */
export function signingOf(db: Database | Transaction): Kysely<SigningTables> {
  return (db as Database).withTables<SigningTables>(); // a transaction is a Kysely too
}
