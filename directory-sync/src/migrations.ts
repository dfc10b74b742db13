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
  ],
};
