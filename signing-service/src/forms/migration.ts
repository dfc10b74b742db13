import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Documents by forms with their register, and what took one out of force. */
export const forms: SchemaMigrations['migrations'][number] = {
  name: '020-forms',
  sql: `
    ALTER TABLE signing.request
      DROP CONSTRAINT request_kind_check,
      ADD CONSTRAINT request_kind_check CHECK (kind IN ('transcript', 'school-report', 'upload', 'extract',
        'study-confirmation', 'graduation-certificate', 'decision', 'diploma')),
      DROP CONSTRAINT request_state_check,
      ADD CONSTRAINT request_state_check
        CHECK (state IN ('waiting', 'signed', 'issued', 'replaced', 'revoked', 'rejected', 'withdrawn')),
      DROP CONSTRAINT request_check,
      ADD CONSTRAINT request_check
        CHECK (state NOT IN ('signed', 'issued', 'replaced', 'revoked') OR signed_document_id IS NOT NULL);
    CREATE TABLE signing.form (
      request_id uuid PRIMARY KEY REFERENCES signing.request,
      order_id uuid NOT NULL UNIQUE,
      kind text NOT NULL,
      organisation_id uuid NOT NULL,
      year int NOT NULL,
      number int NOT NULL CHECK (number > 0),
      values jsonb NOT NULL,
      made_by uuid NOT NULL,
      made_at timestamptz NOT NULL,
      UNIQUE (organisation_id, kind, year, number)
    );
    COMMENT ON TABLE signing.form IS
      'the register of documents by forms: one row of numbers a year, organisation and kind; a number of what was sent back is never given again';
    CREATE UNIQUE INDEX request_diploma ON signing.request (subject_id)
      WHERE kind = 'diploma' AND state IN ('waiting', 'signed', 'issued') AND replaces_id IS NULL;
    CREATE TABLE signing.revocation (
      request_id uuid PRIMARY KEY REFERENCES signing.request,
      form text NOT NULL CHECK (form IN ('revoke', 'cancel')),
      reason text NOT NULL,
      decision text NOT NULL,
      approval_id uuid NOT NULL UNIQUE,
      revoked_at timestamptz NOT NULL
    );
    COMMENT ON TABLE signing.revocation IS 'issued documents that were taken back or cancelled by a decision; what was issued stays to be read as that';`,
};
