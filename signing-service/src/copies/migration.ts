import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** The register of copies, and extracts as documents that the seal alone is put on. */
export const copies: SchemaMigrations['migrations'][number] = {
  name: '018-copies',
  sql: `
    ALTER TABLE signing.request
      DROP CONSTRAINT request_kind_check,
      ADD CONSTRAINT request_kind_check CHECK (kind IN ('transcript', 'school-report', 'upload', 'extract'));
    CREATE TABLE signing.copy (
      id uuid PRIMARY KEY,
      form text NOT NULL CHECK (form IN ('extract', 'print')),
      request_id uuid NOT NULL REFERENCES signing.request,
      extract_id uuid UNIQUE REFERENCES signing.request,
      organisation_id uuid NOT NULL,
      year int NOT NULL,
      number int NOT NULL CHECK (number > 0),
      code text NOT NULL UNIQUE,
      requester text NOT NULL,
      purpose text NOT NULL,
      made_by uuid NOT NULL,
      made_at timestamptz NOT NULL,
      document_id uuid NOT NULL REFERENCES signing.document,
      UNIQUE (organisation_id, year, number),
      CHECK ((form = 'extract') = (extract_id IS NOT NULL))
    );
    CREATE INDEX copy_request ON signing.copy (request_id, id);
    CREATE INDEX copy_document ON signing.copy (document_id);
    COMMENT ON TABLE signing.copy IS
      'the register of copies: one number a year and organisation for every form (Decree 30/2020/ND-CP, annex I part II); nothing in it changes';
    COMMENT ON COLUMN signing.copy.extract_id IS 'the extract on its way to the seal';
    COMMENT ON COLUMN signing.copy.document_id IS 'the file to print, or the extract without its seal';`,
};
