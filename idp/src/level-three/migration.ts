import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** What security level 3 keeps beside the audit log, and the evidence of account reviews. */
export const levelThreeMigration: SchemaMigrations['migrations'][number] = {
  name: '021-level-three',
  sql: `
        CREATE TABLE idp.sign_in_log (
          id uuid PRIMARY KEY,
          at timestamptz NOT NULL,
          person_id uuid,
          outcome text NOT NULL,
          method text NOT NULL,
          address inet,
          port int,
          organisation_id uuid
        );
        COMMENT ON TABLE idp.sign_in_log IS
          'who tried to sign in from where, with the source port (level 3: QCVN 12:2026/BCA, Decree 333/2026, article 16.6); erased after 13 months';
        COMMENT ON COLUMN idp.sign_in_log.person_id IS 'null: an ID that nobody has';
        CREATE INDEX sign_in_log_time ON idp.sign_in_log (organisation_id, id DESC);
        CREATE INDEX sign_in_log_person ON idp.sign_in_log (person_id, id DESC);
        CREATE TABLE idp.account_review (
          id uuid PRIMARY KEY,
          organisation_id uuid NOT NULL,
          reviewed_at timestamptz NOT NULL,
          reviewed_by uuid NOT NULL,
          accounts int NOT NULL,
          digest bytea NOT NULL,
          note text NOT NULL
        );
        COMMENT ON COLUMN idp.account_review.digest IS 'SHA-256 of the very list that the reviewer saw';
        CREATE INDEX account_review_organisation ON idp.account_review (organisation_id, id DESC);`,
};
