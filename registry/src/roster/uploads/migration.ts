import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Roster files that arrive in pieces, for a day: ADR 0330. */
export const uploadMigration: SchemaMigrations['migrations'][number] = {
  name: '031-roster-uploads',
  sql: `
        CREATE TABLE registry.roster_upload (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL REFERENCES registry.person,
          name text NOT NULL,
          size bigint NOT NULL CHECK (size > 0),
          sha256 bytea CHECK (octet_length(sha256) = 32),
          received bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND size),
          is_checked boolean NOT NULL DEFAULT false,
          begun_at timestamptz NOT NULL
        );
        COMMENT ON COLUMN registry.roster_upload.is_checked IS 'what arrived has the digest that was said at the beginning';
        CREATE INDEX roster_upload_person ON registry.roster_upload (person_id, id);
        CREATE INDEX roster_upload_begun ON registry.roster_upload (begun_at);
        CREATE TABLE registry.roster_upload_piece (
          upload_id uuid NOT NULL REFERENCES registry.roster_upload ON DELETE CASCADE,
          start bigint NOT NULL,
          sealed bytea NOT NULL,
          PRIMARY KEY (upload_id, start)
        );
        -- What is sealed cannot be made smaller.
        ALTER TABLE registry.roster_upload_piece ALTER COLUMN sealed SET STORAGE EXTERNAL;`,
};
