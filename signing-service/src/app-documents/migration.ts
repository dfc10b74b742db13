import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Which app asked, and by which of its own names, so that the same question again is the same document. */
export const appDocuments: SchemaMigrations['migrations'][number] = {
  name: '027-documents-of-apps',
  sql: `
    ALTER TABLE signing.request
      ADD COLUMN app_id text, ADD COLUMN app_key text, ADD COLUMN app_asked_sha256 bytea,
      ADD CONSTRAINT request_of_app CHECK (num_nulls(app_id, app_key, app_asked_sha256) IN (0, 3));
    CREATE UNIQUE INDEX request_app ON signing.request (app_id, app_key);
    COMMENT ON COLUMN signing.request.app_id IS 'the app that asked by itself; null: a person or the program';
    COMMENT ON COLUMN signing.request.app_asked_sha256 IS 'of what it asked: the same name for something else is refused';`,
};
