import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Computers that seal with a school's own token, and their sessions. */
export const sealingMachines: SchemaMigrations['migrations'][number] = {
  name: '016-sealing-machines',
  sql: `
    CREATE TABLE signing.sealing_machine (
      id uuid PRIMARY KEY,
      organisation_id uuid NOT NULL,
      person_id uuid NOT NULL,
      name text NOT NULL,
      state text NOT NULL CHECK (state IN ('awaiting-approval', 'paired', 'refused', 'revoked')),
      public_key bytea NOT NULL,
      token_sha256 bytea NOT NULL UNIQUE,
      certificate bytea NOT NULL,
      certificate_until timestamptz NOT NULL,
      issuers bytea[] NOT NULL,
      crls bytea[] NOT NULL,
      ocsp_responses bytea[] NOT NULL,
      approval_id uuid NOT NULL UNIQUE,
      created_at timestamptz NOT NULL,
      paired_at timestamptz,
      expires_at timestamptz,
      ended_at timestamptz,
      last_used_at timestamptz,
      CHECK (state <> 'paired' OR (paired_at IS NOT NULL AND expires_at IS NOT NULL))
    );
    CREATE INDEX sealing_machine_organisation ON signing.sealing_machine (organisation_id, id);
    CREATE INDEX sealing_machine_certificate ON signing.sealing_machine USING hash (certificate);
    COMMENT ON TABLE signing.sealing_machine IS
      'computers of schools on which the school''s own token seals; the certificate is the school''s by approval_id';
    COMMENT ON COLUMN signing.sealing_machine.token_sha256 IS 'of the bearer token, which is worth nothing without the key';
    ALTER TABLE signing.session
      ALTER COLUMN enrolment_id DROP NOT NULL,
      ADD COLUMN machine_id uuid REFERENCES signing.sealing_machine,
      DROP CONSTRAINT session_check1,
      ADD CHECK (num_nonnulls(enrolment_id, machine_id) = 1),
      ADD CHECK ((purpose = 'seal') = (num_nonnulls(key_id, machine_id) = 1));
    CREATE INDEX session_machine ON signing.session (machine_id) WHERE state = 'open';`,
};
