import type { SchemaMigrations } from '@edutrust/platform/migrations';

export const migrations: SchemaMigrations = {
  schema: 'sync',
  migrations: [
    {
      name: '001-targets',
      sql: `
        CREATE TABLE sync.target (
          id uuid PRIMARY KEY,
          name text NOT NULL UNIQUE,
          kind text NOT NULL CHECK (kind IN ('ldap')),
          url text NOT NULL,
          base_dn text NOT NULL,
          bind_dn text NOT NULL,
          sealed_bind_password bytea NOT NULL,
          organisation_id uuid NOT NULL,
          state text NOT NULL DEFAULT 'healthy' CHECK (state IN ('healthy', 'slow', 'paused')),
          needs_full_run boolean NOT NULL DEFAULT true,
          last_run_at timestamptz,
          created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE TABLE sync.run (
          id uuid PRIMARY KEY,
          target_id uuid NOT NULL REFERENCES sync.target ON DELETE CASCADE,
          mode text NOT NULL CHECK (mode IN ('plan', 'apply')),
          state text NOT NULL CHECK (state IN ('running', 'done', 'held', 'failed')),
          totals jsonb NOT NULL,
          held_reason jsonb,
          failure text,
          started_at timestamptz NOT NULL,
          finished_at timestamptz
        );
        CREATE INDEX run_target ON sync.run (target_id, id);
        CREATE TABLE sync.change (
          run_id uuid NOT NULL REFERENCES sync.run ON DELETE CASCADE,
          number int NOT NULL,
          action text NOT NULL CHECK (action IN ('add', 'change', 'disable')),
          dn text NOT NULL,
          attributes text[] NOT NULL,
          error text,
          PRIMARY KEY (run_id, number)
        );`,
    },
    {
      name: '002-held-runs',
      sql: `
        ALTER TABLE sync.target DROP CONSTRAINT target_state_check;
        ALTER TABLE sync.target ADD CONSTRAINT target_state_check CHECK (state IN ('new', 'healthy', 'slow', 'paused'));
        ALTER TABLE sync.target ALTER COLUMN state SET DEFAULT 'new';
        UPDATE sync.target SET state = 'new' WHERE last_run_at IS NULL AND state = 'healthy';

        UPDATE sync.run SET state = 'failed', failure = 'sync/interrupted', finished_at = now() WHERE state = 'running';
        UPDATE sync.run SET state = 'failed', failure = 'sync/superseded' WHERE state = 'held';
        ALTER TABLE sync.run DROP CONSTRAINT run_state_check;
        ALTER TABLE sync.run ADD CONSTRAINT run_state_check
          CHECK (state IN ('running', 'done', 'held', 'released', 'superseded', 'failed'));
        ALTER TABLE sync.run
          ADD COLUMN failure_detail jsonb,
          ADD COLUMN digest bytea,
          ADD COLUMN held jsonb,
          ADD COLUMN approval_id uuid;
        COMMENT ON COLUMN sync.run.digest IS 'SHA-256 of what a plan would change, or of what a held run waits to do';
        COMMENT ON COLUMN sync.run.held IS 'what waits for a second person, exactly';
        CREATE UNIQUE INDEX run_held ON sync.run (target_id) WHERE state = 'held';

        ALTER TABLE sync.change ADD COLUMN held boolean NOT NULL DEFAULT false;

        CREATE TABLE sync.pending (
          target_id uuid NOT NULL REFERENCES sync.target ON DELETE CASCADE,
          person_id uuid NOT NULL,
          added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
          PRIMARY KEY (target_id, person_id)
        );
        COMMENT ON TABLE sync.pending IS 'people who changed and whom a target does not know of yet';

        CREATE TABLE sync.disabled (
          target_id uuid NOT NULL REFERENCES sync.target ON DELETE CASCADE,
          person_id uuid NOT NULL,
          organisation_ids uuid[] NOT NULL,
          at timestamptz NOT NULL,
          approved boolean NOT NULL
        );
        CREATE INDEX disabled_recent ON sync.disabled (target_id, at);
        COMMENT ON TABLE sync.disabled IS 'who was disabled, for the guard that looks at a whole day';`,
    },
  ],
};
