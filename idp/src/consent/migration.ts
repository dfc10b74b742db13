import type { SchemaMigrations } from '@edutrust/platform/migrations';

export const consentMigration: SchemaMigrations['migrations'][number] = {
  name: '041-two-consents',
  sql: `
        ALTER TABLE idp.consent ADD COLUMN said jsonb, ADD COLUMN acr text;
        COMMENT ON COLUMN idp.consent.said IS
          'the words of its receipt as they were when it was given, by language; their digest is in the log. Null: given before version 041';
        COMMENT ON COLUMN idp.consent.acr IS 'how the person had signed in';
        CREATE TABLE idp.guardian_consent (
          person_id uuid NOT NULL,
          client_id text NOT NULL REFERENCES idp.app,
          scopes text[] NOT NULL,
          asked_at timestamptz NOT NULL,
          guardian_id uuid,
          given_at timestamptz,
          said jsonb,
          acr text,
          PRIMARY KEY (person_id, client_id),
          CHECK ((guardian_id IS NULL) = (given_at IS NULL))
        );
        COMMENT ON TABLE idp.guardian_consent IS
          'what a representative was asked to agree to for a child under 16, and did (Law 91/2025/QH15, article 24)';
        COMMENT ON COLUMN idp.guardian_consent.person_id IS 'the child';
        CREATE INDEX guardian_consent_guardian ON idp.guardian_consent (guardian_id);`,
};
