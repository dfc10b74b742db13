import type { SchemaMigrations } from '@edutrust/platform/migrations';

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
  ],
};
