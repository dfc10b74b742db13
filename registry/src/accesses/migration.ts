import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Who looked at whose record. */
export const accessMigration: SchemaMigrations['migrations'][number] = {
  name: '018-accesses',
  sql: `
    CREATE TABLE registry.access (
      id uuid PRIMARY KEY,
      at timestamptz NOT NULL,
      operation text NOT NULL,
      reader_kind text NOT NULL CHECK (reader_kind IN ('person', 'app', 'system', 'public')),
      reader_id text,
      role text,
      organisation_id uuid,
      people uuid[] NOT NULL,
      salt bytea NOT NULL
    );
    COMMENT ON TABLE registry.access IS 'one answer that told somebody something of others; its digest is the leaf of the same id in the log accesses';
    COMMENT ON COLUMN registry.access.role IS 'the role that let the reader, at the organisation beside it; null for none';
    CREATE INDEX access_people ON registry.access USING gin (people);
    CREATE INDEX access_reader ON registry.access (reader_id, id) WHERE reader_id IS NOT NULL;
    CREATE INDEX access_operation ON registry.access (operation, id);
    CREATE INDEX access_at ON registry.access USING brin (at);
    CREATE TABLE registry.access_finding (
      access_id uuid PRIMARY KEY,
      at timestamptz NOT NULL,
      problem text NOT NULL CHECK (problem IN ('removed', 'altered', 'added')),
      found_at timestamptz NOT NULL
    );
    COMMENT ON TABLE registry.access_finding IS 'entries that are not as the log has them: the people of that day are told';
    CREATE INDEX access_finding_at ON registry.access_finding (at);
    CREATE TABLE registry.access_check (name text PRIMARY KEY, at timestamptz NOT NULL);`,
};
