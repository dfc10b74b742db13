import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Systems that rosters are read from, and their readings. */
export const sourceMigration: SchemaMigrations['migrations'][number] = {
  name: '011-sources',
  sql: `
        CREATE TABLE sync.source (
          id uuid PRIMARY KEY,
          name text NOT NULL UNIQUE,
          kind text NOT NULL,
          settings jsonb NOT NULL,
          sealed_secret bytea NOT NULL,
          organisation_id uuid NOT NULL,
          rosters text[] NOT NULL CHECK (cardinality(rosters) > 0),
          is_whole boolean NOT NULL,
          applies boolean NOT NULL,
          state text NOT NULL DEFAULT 'on' CHECK (state IN ('on', 'paused')),
          owner_id uuid NOT NULL,
          owner_acr text NOT NULL,
          mark bytea,
          created_at timestamptz NOT NULL DEFAULT now()
        );
        COMMENT ON TABLE sync.source IS 'systems that rosters are read from';
        COMMENT ON COLUMN sync.source.owner_id IS 'who set it up: it is read with the rights that they hold at the time';
        CREATE TABLE sync.source_run (
          id uuid PRIMARY KEY,
          source_id uuid NOT NULL REFERENCES sync.source ON DELETE CASCADE,
          state text NOT NULL CHECK (state IN ('running', 'same', 'waiting', 'applied', 'failed')),
          plan_ids uuid[] NOT NULL DEFAULT '{}',
          failure text,
          failure_detail jsonb,
          started_at timestamptz NOT NULL,
          finished_at timestamptz
        );
        CREATE INDEX source_run_source ON sync.source_run (source_id, id);`,
};
