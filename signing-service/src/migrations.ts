import type { SchemaMigrations } from '@edutrust/platform/migrations';
import { manyAtOnce, preparedAsTheyAre } from './activation/migration.ts';
import { appDocuments } from './app-documents/migration.ts';
import { copies } from './copies/migration.ts';
import { delegations } from './delegations/migration.ts';
import { documentReferences } from './documents/references-migration.ts';
import { forms } from './forms/migration.ts';
import { parcels } from './parcels/migration.ts';
import { pictures } from './pictures/migration.ts';
import { reminders } from './reminders/migration.ts';
import { remoteSigning } from './remote-signing/migration.ts';
import { sealingMachines } from './sealing-machine/migration.ts';
import { subjectTeachers } from './subjects/migration.ts';

export const migrations: SchemaMigrations = {
  schema: 'signing',
  migrations: [
    {
      name: '001-enrolment',
      sql: `
        CREATE TABLE signing.enrolment (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL,
          organisation_id uuid NOT NULL,
          title text NOT NULL,
          state text NOT NULL CHECK (state IN ('awaiting-approval', 'ready', 'enrolled', 'refused', 'revoked')),
          custody text NOT NULL CHECK (custody IN ('device', 'hsm')),
          approval_code text NOT NULL,
          created_at timestamptz NOT NULL,
          decided_at timestamptz,
          decided_by uuid,
          ended_at timestamptz,
          reason text,
          device_name text NOT NULL,
          credential_id text NOT NULL UNIQUE,
          credential_public_key bytea NOT NULL,
          credential_counter bigint NOT NULL,
          transports text[] NOT NULL,
          is_synced boolean NOT NULL,
          attestation_object bytea NOT NULL,
          prf_salt bytea NOT NULL,
          last_used_at timestamptz,
          public_key_spki bytea NOT NULL,
          key_id text,
          wrapped_private_key bytea,
          possession jsonb,
          certificate_serial text UNIQUE,
          certificate bytea,
          CHECK ((custody = 'device') = (wrapped_private_key IS NOT NULL AND key_id IS NULL)),
          CHECK ((state = 'enrolled') <= (certificate IS NOT NULL)),
          CHECK (decided_by <> person_id)
        );
        COMMENT ON COLUMN signing.enrolment.wrapped_private_key IS 'AES-GCM under a key from the passkey (PRF); the server cannot open it';
        CREATE UNIQUE INDEX enrolment_current ON signing.enrolment (person_id)
          WHERE state IN ('awaiting-approval', 'ready', 'enrolled');
        CREATE INDEX enrolment_organisation ON signing.enrolment (organisation_id, id);`,
    },
    {
      name: '002-requests',
      sql: `
        CREATE TABLE signing.grade (
          person_id uuid NOT NULL,
          class_id uuid NOT NULL,
          subjects jsonb NOT NULL,
          learning jsonb NOT NULL,
          conduct jsonb NOT NULL,
          absent_days int NOT NULL DEFAULT 0,
          award text,
          outcome text,
          remarks text,
          PRIMARY KEY (class_id, person_id)
        );
        CREATE TABLE signing.document (
          id uuid PRIMARY KEY,
          bytes bytea NOT NULL,
          sha256 bytea NOT NULL,
          size_bytes int NOT NULL,
          pages int NOT NULL,
          created_at timestamptz NOT NULL
        );
        CREATE INDEX document_sha256 ON signing.document (sha256);
        CREATE TABLE signing.request (
          id uuid PRIMARY KEY,
          kind text NOT NULL CHECK (kind IN ('transcript')),
          title text NOT NULL,
          organisation_id uuid NOT NULL,
          class_id uuid,
          subject_id uuid,
          signer_id uuid NOT NULL,
          signer_title text NOT NULL,
          requested_by uuid,
          state text NOT NULL CHECK (state IN ('waiting', 'signed', 'rejected', 'withdrawn')),
          reason text,
          code text NOT NULL UNIQUE,
          unsigned_document_id uuid NOT NULL REFERENCES signing.document,
          signed_document_id uuid REFERENCES signing.document,
          session_id uuid,
          created_at timestamptz NOT NULL,
          due_at timestamptz,
          closed_at timestamptz,
          CHECK ((state = 'signed') = (signed_document_id IS NOT NULL))
        );
        COMMENT ON COLUMN signing.request.session_id IS 'the one session whose confirmation covers this request; nobody else may close it meanwhile';
        CREATE UNIQUE INDEX request_once ON signing.request (kind, class_id, subject_id) WHERE state IN ('waiting', 'signed');
        CREATE INDEX request_inbox ON signing.request (signer_id, id) WHERE state = 'waiting';
        CREATE INDEX request_organisation ON signing.request (organisation_id, id);
        CREATE INDEX request_signed_document ON signing.request (signed_document_id);`,
    },
    {
      name: '003-sessions',
      sql: `
        CREATE TABLE signing.session (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL,
          sign_in_session_id text NOT NULL,
          enrolment_id uuid NOT NULL REFERENCES signing.enrolment,
          list text NOT NULL,
          challenge bytea NOT NULL UNIQUE,
          code4 text NOT NULL,
          state text NOT NULL CHECK (state IN ('open', 'authorised', 'completed', 'refused', 'expired')),
          created_at timestamptz NOT NULL,
          expires_at timestamptz NOT NULL,
          assertion jsonb,
          assertion_sha256 bytea,
          authorised_at timestamptz,
          lease_until timestamptz,
          completed_at timestamptz,
          CHECK ((state IN ('authorised', 'completed')) = (assertion IS NOT NULL))
        );
        CREATE INDEX session_open ON signing.session (person_id) WHERE state = 'open';
        CREATE TABLE signing.session_item (
          session_id uuid NOT NULL REFERENCES signing.session ON DELETE CASCADE,
          request_id uuid NOT NULL REFERENCES signing.request,
          position int NOT NULL,
          state text NOT NULL CHECK (state IN ('waiting', 'authorised', 'logged', 'signed', 'failed')),
          digest bytea NOT NULL,
          signed_attributes bytea NOT NULL,
          prepared bytea,
          signature bytea,
          time_stamp bytea,
          ledger_entry_id uuid,
          leaf text,
          error jsonb,
          PRIMARY KEY (session_id, request_id)
        );
        COMMENT ON COLUMN signing.session_item.prepared IS 'the whole file with room for its signature; let go of when the session is over';
        CREATE INDEX session_item_request ON signing.session_item (request_id);`,
    },
    {
      name: '004-renewal',
      sql: `
        ALTER TABLE signing.session ADD COLUMN certificate_serial text;
        COMMENT ON COLUMN signing.session.certificate_serial IS
          'the certificate that the list binds; null for a session of before that nothing was signed with';
        UPDATE signing.session AS s SET certificate_serial = e.certificate_serial
          FROM signing.enrolment AS e WHERE e.id = s.enrolment_id;
        CREATE INDEX session_certificate ON signing.session (certificate_serial);`,
    },
    {
      name: '005-drawn',
      sql: `
        ALTER TABLE signing.session ADD COLUMN drawn jsonb;
        COMMENT ON COLUMN signing.session.drawn IS
          'evidence: what the phone drew before it signed, with the digests that it computed itself; null before November 2026';`,
    },
    {
      name: '006-marks',
      sql: `
        CREATE TABLE signing.marks (
          class_id uuid NOT NULL,
          person_id uuid NOT NULL,
          version int NOT NULL CHECK (version > 0),
          content jsonb NOT NULL,
          source text NOT NULL CHECK (source IN ('form', 'file', 'demo')),
          entered_by uuid,
          entered_at timestamptz NOT NULL,
          PRIMARY KEY (class_id, person_id, version)
        );
        COMMENT ON TABLE signing.marks IS 'every version of a learner''s marks in a class; the highest is the one of now, none is ever changed';
        CREATE TABLE signing.marks_plan (
          id uuid PRIMARY KEY,
          class_id uuid NOT NULL,
          file_name text NOT NULL,
          state text NOT NULL CHECK (state IN ('planned', 'applied', 'expired')),
          changes jsonb NOT NULL,
          report jsonb NOT NULL,
          made_by uuid NOT NULL,
          made_at timestamptz NOT NULL,
          applied_at timestamptz
        );
        CREATE INDEX marks_plan_class ON signing.marks_plan (class_id, id);
        COMMENT ON TABLE signing.grade IS
          'unread since 006: its only writer was the demo; dropped once no process of before runs any more';`,
    },
    {
      name: '007-steps',
      sql: `
        CREATE TABLE signing.step (
          request_id uuid NOT NULL REFERENCES signing.request,
          position int NOT NULL,
          role text NOT NULL CHECK (role IN ('class-teacher', 'principal', 'school-seal')),
          signer_id uuid,
          signer_title text NOT NULL,
          place jsonb NOT NULL,
          state text NOT NULL CHECK (state IN ('pending', 'due', 'done', 'rejected', 'cancelled')),
          session_id uuid,
          document_id uuid REFERENCES signing.document,
          closed_at timestamptz,
          PRIMARY KEY (request_id, position),
          CHECK ((state = 'done') = (document_id IS NOT NULL)),
          CHECK (role = 'school-seal' OR signer_id IS NOT NULL)
        );
        COMMENT ON COLUMN signing.step.session_id IS 'the one session whose confirmation covers this step; nobody else may close it meanwhile';
        COMMENT ON COLUMN signing.step.document_id IS 'the file with this signature: the next step signs exactly these bytes';
        CREATE UNIQUE INDEX step_due ON signing.step (request_id) WHERE state = 'due';
        CREATE INDEX step_inbox ON signing.step (signer_id, request_id) WHERE state = 'due';
        CREATE INDEX step_session ON signing.step (session_id);
        CREATE INDEX step_signer ON signing.step (signer_id, closed_at) WHERE state = 'done';
        -- Requests of before had one signature, at the place that their page has for it.
        INSERT INTO signing.step (request_id, position, role, signer_id, signer_title, place, state, session_id, document_id, closed_at)
          SELECT id, 0, 'principal', signer_id, signer_title, '{"page": "last", "rect": [312, 84, 541, 148]}',
            CASE state WHEN 'waiting' THEN 'due' WHEN 'signed' THEN 'done' WHEN 'rejected' THEN 'rejected' ELSE 'cancelled' END,
            session_id, signed_document_id, closed_at
          FROM signing.request;
        DROP INDEX signing.request_once;
        DROP INDEX signing.request_inbox;
        ALTER TABLE signing.request DROP CONSTRAINT request_state_check, DROP CONSTRAINT request_check;
        UPDATE signing.request SET state = 'issued' WHERE state = 'signed';
        ALTER TABLE signing.request
          ADD CONSTRAINT request_state_check CHECK (state IN ('waiting', 'signed', 'issued', 'rejected', 'withdrawn')),
          ADD CONSTRAINT request_check CHECK (state NOT IN ('signed', 'issued') OR signed_document_id IS NOT NULL),
          ADD COLUMN run_id uuid,
          DROP COLUMN session_id;
        COMMENT ON COLUMN signing.request.signer_id IS 'the official whose signature the document is known by: the last person of its order';
        COMMENT ON COLUMN signing.request.signed_document_id IS 'the file with every signature so far';
        CREATE UNIQUE INDEX request_once ON signing.request (kind, class_id, subject_id) WHERE state IN ('waiting', 'signed', 'issued');
        ALTER TABLE signing.session
          ADD COLUMN purpose text NOT NULL DEFAULT 'sign' CHECK (purpose IN ('sign', 'seal')),
          ADD COLUMN key_id uuid,
          ADD CHECK ((purpose = 'seal') = (key_id IS NOT NULL));
        COMMENT ON COLUMN signing.session.key_id IS 'the seal''s key in the key store, for a session that seals';
        ALTER TABLE signing.session_item ADD COLUMN step int NOT NULL DEFAULT 0;
        CREATE TABLE signing.transcript_run (
          id uuid PRIMARY KEY,
          class_id uuid NOT NULL,
          organisation_id uuid NOT NULL,
          input jsonb NOT NULL,
          requested_by uuid,
          total int NOT NULL,
          state text NOT NULL CHECK (state IN ('running', 'done')),
          created_at timestamptz NOT NULL,
          finished_at timestamptz
        );
        CREATE INDEX transcript_run_class ON signing.transcript_run (class_id, id);
        CREATE TABLE signing.transcript_run_item (
          run_id uuid NOT NULL REFERENCES signing.transcript_run,
          person_id uuid NOT NULL,
          outcome text NOT NULL CHECK (outcome IN ('made', 'exists', 'no-marks', 'incomplete-marks', 'held-back', 'left-class', 'failed')),
          request_id uuid,
          missing jsonb,
          PRIMARY KEY (run_id, person_id)
        );`,
    },
    {
      name: '008-enrolment-approvals',
      sql: `
        ALTER TABLE signing.enrolment ADD COLUMN approval_id uuid UNIQUE;
        COMMENT ON COLUMN signing.enrolment.approval_id IS 'registry.approval that covers this key and passkey; null for one of before';`,
    },
    {
      name: '009-uploads',
      sql: `
        CREATE TABLE signing.upload (
          id uuid PRIMARY KEY,
          organisation_id uuid NOT NULL,
          document_id uuid NOT NULL REFERENCES signing.document,
          file_name text NOT NULL,
          uploaded_by uuid NOT NULL,
          created_at timestamptz NOT NULL
        );
        CREATE INDEX upload_age ON signing.upload (created_at);
        COMMENT ON TABLE signing.upload IS 'files that wait for somebody to ask signatures on them; gone after a day';
        ALTER TABLE signing.request
          DROP CONSTRAINT request_kind_check,
          ADD CONSTRAINT request_kind_check CHECK (kind IN ('transcript', 'upload')),
          ADD COLUMN format text NOT NULL DEFAULT 'PAdES',
          ADD COLUMN signatures_before int NOT NULL DEFAULT 0;
        COMMENT ON COLUMN signing.request.signatures_before IS 'signatures that the unsigned document carried already';
        ALTER TABLE signing.step
          DROP CONSTRAINT step_role_check,
          ADD CONSTRAINT step_role_check CHECK (role IN ('class-teacher', 'principal', 'school-seal', 'signer')),
          ADD COLUMN turn int;
        COMMENT ON COLUMN signing.step.turn IS 'steps of one turn are due together; null: its position';
        DROP INDEX signing.step_due;
        CREATE INDEX step_due ON signing.step (request_id) WHERE state = 'due';
        CREATE UNIQUE INDEX step_claimed ON signing.step (request_id) WHERE state = 'due' AND session_id IS NOT NULL;
        ALTER TABLE signing.session_item ADD COLUMN base_document_id uuid;
        COMMENT ON COLUMN signing.session_item.base_document_id IS
          'the file that was prepared; what was signed meanwhile by somebody else makes it another';`,
    },
    {
      name: '010-archives',
      sql: `
        CREATE TABLE signing.archive (
          request_id uuid NOT NULL REFERENCES signing.request,
          generation int NOT NULL CHECK (generation >= 0),
          document_id uuid NOT NULL REFERENCES signing.document,
          made_at timestamptz NOT NULL,
          good_until timestamptz NOT NULL,
          PRIMARY KEY (request_id, generation)
        );
        COMMENT ON TABLE signing.archive IS 'issued documents with the status of their certificates and a time stamp over it; the highest generation is the file of now';
        CREATE INDEX archive_document ON signing.archive (document_id);
        CREATE INDEX step_document ON signing.step (document_id);`,
    },
    {
      name: '011-asked',
      sql: `
        CREATE INDEX request_asked ON signing.request (requested_by, id);
        CREATE INDEX upload_own ON signing.upload (uploaded_by, organisation_id, id);`,
    },
    {
      name: '012-signatures-without-a-block',
      sql: `
        ALTER TABLE signing.step ALTER COLUMN place DROP NOT NULL;
        COMMENT ON COLUMN signing.step.place IS 'of the visible block; null: none is drawn';`,
    },
    {
      name: '013-school-reports',
      sql: `
        ALTER TABLE signing.request
          DROP CONSTRAINT request_kind_check,
          ADD CONSTRAINT request_kind_check CHECK (kind IN ('transcript', 'school-report', 'upload')),
          ADD COLUMN unsigned_data_id uuid REFERENCES signing.document,
          ADD COLUMN signed_data_id uuid REFERENCES signing.document,
          ADD CONSTRAINT request_data_check CHECK ((kind = 'school-report') = (unsigned_data_id IS NOT NULL)),
          ADD CONSTRAINT request_both_check CHECK (unsigned_data_id IS NULL OR (signed_data_id IS NULL) = (signed_document_id IS NULL));
        COMMENT ON COLUMN signing.request.unsigned_data_id IS 'the same report as XML: signed by the same people in the same acts';
        CREATE INDEX request_signed_data ON signing.request (signed_data_id);
        ALTER TABLE signing.step ADD COLUMN data_id uuid REFERENCES signing.document;
        CREATE INDEX step_data ON signing.step (data_id);
        ALTER TABLE signing.archive ADD COLUMN data_id uuid REFERENCES signing.document;
        CREATE INDEX archive_data ON signing.archive (data_id);
        ALTER TABLE signing.session_item
          ADD COLUMN artefact text NOT NULL DEFAULT 'document' CHECK (artefact IN ('document', 'data')),
          DROP CONSTRAINT session_item_pkey,
          ADD PRIMARY KEY (session_id, request_id, artefact);`,
    },
    {
      name: '014-subject-teachers',
      sql: `
        ALTER TABLE signing.step
          DROP CONSTRAINT step_role_check,
          ADD CONSTRAINT step_role_check
            CHECK (role IN ('subject-teacher', 'class-teacher', 'principal', 'school-seal', 'signer'));`,
    },
    {
      name: '015-corrections',
      sql: `
        CREATE TABLE signing.correction (
          request_id uuid PRIMARY KEY REFERENCES signing.request,
          approval_id uuid NOT NULL UNIQUE,
          reason text NOT NULL,
          approved_at timestamptz NOT NULL
        );
        COMMENT ON TABLE signing.correction IS 'issued documents whose marks may be corrected: what is made of them then takes their place';
        ALTER TABLE signing.request
          ADD COLUMN version int NOT NULL DEFAULT 1,
          ADD COLUMN replaces_id uuid REFERENCES signing.request,
          DROP CONSTRAINT request_state_check,
          ADD CONSTRAINT request_state_check
            CHECK (state IN ('waiting', 'signed', 'issued', 'replaced', 'rejected', 'withdrawn')),
          DROP CONSTRAINT request_check,
          ADD CONSTRAINT request_check CHECK (state NOT IN ('signed', 'issued', 'replaced') OR signed_document_id IS NOT NULL);
        DROP INDEX signing.request_once;
        CREATE UNIQUE INDEX request_once ON signing.request (kind, class_id, subject_id)
          WHERE state IN ('waiting', 'signed', 'issued') AND replaces_id IS NULL;
        CREATE UNIQUE INDEX request_replaces ON signing.request (replaces_id)
          WHERE state IN ('waiting', 'signed', 'issued', 'replaced');`,
    },
    sealingMachines,
    {
      name: '017-search',
      sql: `
        CREATE INDEX request_title ON signing.request USING gin (registry.fold(title) gin_trgm_ops);
        CREATE INDEX request_subject ON signing.request (subject_id);`,
    },
    copies,
    subjectTeachers,
    forms,
    parcels,
    reminders,
    delegations,
    remoteSigning,
    appDocuments,
    pictures,
    manyAtOnce,
    ...[documentReferences, preparedAsTheyAre],
  ],
};
