import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** A thousand documents under one root, of which those that matter are opened. */
export const manyAtOnce: SchemaMigrations['migrations'][number] = {
  name: '034-many-at-once',
  sql: `
    ALTER TABLE signing.session_item
      ADD COLUMN path bytea,
      ADD COLUMN must_open boolean NOT NULL DEFAULT false,
      ALTER CONSTRAINT session_item_session_id_fkey DEFERRABLE INITIALLY DEFERRED;
    COMMENT ON COLUMN signing.session_item.path IS
      'RFC 9162 inclusion path of this file in the tree whose root the list names: 32-byte hashes, lowest first; null where the list names its documents';
    COMMENT ON COLUMN signing.session_item.must_open IS
      'the phone has to draw this file before it signs: its marks stand out, or there are none to read in their place';
    ALTER TABLE signing.session ADD COLUMN not_opened uuid[] NOT NULL DEFAULT '{}';
    COMMENT ON COLUMN signing.session.not_opened IS
      'evidence: requests whose files the phone signed by their digests and did not open';`,
};

/** Files that wait for a confirmation: written once, read once or twice, and packed inside already. */
export const preparedAsTheyAre: SchemaMigrations['migrations'][number] = {
  name: '038-prepared-files-as-they-are',
  sql: 'ALTER TABLE signing.session_item ALTER COLUMN prepared SET STORAGE EXTERNAL;',
};
