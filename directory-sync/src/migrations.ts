import type { SchemaMigrations } from '@edutrust/platform/migrations';
import { flightMigration, unbrokenMigration } from './engine/migration.ts';
import { sourceMigration } from './sources/migration.ts';
import { numberMigration } from './targets/migration.ts';

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
    {
      name: '003-neutral-plans',
      sql: `
        -- What a target is set by belongs to its kind; the one secret stays sealed as it is.
        ALTER TABLE sync.target DROP CONSTRAINT target_kind_check;
        ALTER TABLE sync.target RENAME COLUMN sealed_bind_password TO sealed_secret;
        ALTER TABLE sync.target ADD COLUMN settings jsonb, ADD COLUMN contract jsonb,
          ADD COLUMN held_by uuid, ADD COLUMN held_until timestamptz;
        UPDATE sync.target SET settings = jsonb_build_object('url', url, 'baseDn', base_dn, 'bindDn', bind_dn),
          contract = '{"learners": ["name", "roles", "organisations", "classes"],
            "others": ["name", "roles", "organisations", "classes", "titles"],
            "roles": ["learner", "teacher", "staff", "guardian"]}';
        ALTER TABLE sync.target ALTER COLUMN settings SET NOT NULL, ALTER COLUMN contract SET NOT NULL,
          DROP COLUMN url, DROP COLUMN base_dn, DROP COLUMN bind_dn;
        COMMENT ON COLUMN sync.target.held_by IS 'the process that works on it; a lease until held_until';
        COMMENT ON COLUMN sync.target.contract IS 'what the target gets to know of whom';

        -- What waited was kept in the words of LDAP; the next full run holds it anew.
        UPDATE sync.target SET needs_full_run = true WHERE id IN (
          SELECT target_id FROM sync.run WHERE state IN ('running', 'held', 'released'));
        UPDATE sync.run SET state = 'superseded', finished_at = coalesce(finished_at, now()) WHERE state IN ('held', 'released');
        UPDATE sync.run SET state = 'failed', failure = 'sync/interrupted', finished_at = now() WHERE state = 'running';
        ALTER TABLE sync.run DROP COLUMN held, ADD COLUMN planned_at timestamptz, ADD COLUMN held_digest bytea;
        COMMENT ON COLUMN sync.run.digest IS 'SHA-256 over everything that the plan would do';
        COMMENT ON COLUMN sync.run.planned_at IS 'since when its changes are all written down: from here on it is resumed';
        COMMENT ON COLUMN sync.run.held_digest IS 'SHA-256 over the changes that wait for a second person';

        ALTER TABLE sync.change ADD COLUMN kind text, ADD COLUMN key text, ADD COLUMN person_id uuid,
          ADD COLUMN before jsonb NOT NULL DEFAULT '{}', ADD COLUMN after jsonb NOT NULL DEFAULT '{}',
          ADD COLUMN of_leaver boolean NOT NULL DEFAULT false, ADD COLUMN state text NOT NULL DEFAULT 'waiting';
        UPDATE sync.change SET kind = CASE WHEN dn LIKE 'cn=%' THEN 'group' ELSE 'person' END,
          key = coalesce(substring(dn FROM '^[a-z]+=([^,]+),'), dn), of_leaver = (action = 'disable'),
          after = coalesce((SELECT jsonb_object_agg(name, '[]'::jsonb) FROM unnest(attributes) AS name), '{}'),
          state = CASE WHEN error IS NOT NULL THEN 'failed' WHEN held THEN 'waiting' ELSE 'done' END;
        ALTER TABLE sync.change DROP CONSTRAINT change_action_check;
        ALTER TABLE sync.change
          ALTER COLUMN kind SET NOT NULL, ALTER COLUMN key SET NOT NULL, DROP COLUMN dn, DROP COLUMN attributes,
          ADD CONSTRAINT change_kind_check CHECK (kind IN ('person', 'group', 'membership')),
          ADD CONSTRAINT change_action_check CHECK (action IN ('add', 'change', 'disable', 'remove')),
          ADD CONSTRAINT change_state_check CHECK (state IN ('waiting', 'done', 'failed'));
        CREATE INDEX change_to_do ON sync.change (run_id, kind, number) WHERE state = 'waiting';

        -- What a target holds, while a run compares. Lost with a crash of the database: the run is lost with it.
        CREATE UNLOGGED TABLE sync.seen_person (
          target_id uuid NOT NULL, key text NOT NULL, fields jsonb NOT NULL, PRIMARY KEY (target_id, key));
        CREATE UNLOGGED TABLE sync.seen_group (target_id uuid NOT NULL, key text NOT NULL, PRIMARY KEY (target_id, key));
        CREATE UNLOGGED TABLE sync.seen_member (
          target_id uuid NOT NULL, person_key text NOT NULL, group_key text NOT NULL,
          PRIMARY KEY (target_id, person_key, group_key));

        CREATE TABLE sync.reference (
          target_id uuid NOT NULL REFERENCES sync.target ON DELETE CASCADE,
          kind text NOT NULL CHECK (kind IN ('person', 'group')),
          key text NOT NULL,
          reference text NOT NULL,
          PRIMARY KEY (target_id, kind, key)
        );
        CREATE INDEX reference_back ON sync.reference (target_id, kind, reference);
        COMMENT ON TABLE sync.reference IS 'ids that targets gave to what is ours there';

        CREATE TABLE sync.release (
          recipient_id text NOT NULL,
          person_id uuid NOT NULL,
          fields text[] NOT NULL,
          recipient_name text NOT NULL,
          first_at timestamptz NOT NULL,
          last_at timestamptz NOT NULL,
          times int NOT NULL DEFAULT 1,
          PRIMARY KEY (person_id, recipient_id, fields)
        );
        COMMENT ON TABLE sync.release IS 'which fields of whom went to whom, and when';`,
    },
    {
      name: '004-clients',
      sql: `
        CREATE TABLE sync.client (
          id uuid PRIMARY KEY,
          name text NOT NULL UNIQUE,
          kind text NOT NULL CHECK (kind IN ('scim', 'oneroster')),
          organisation_id uuid NOT NULL,
          contract jsonb NOT NULL,
          may_write boolean NOT NULL,
          token_sha256 bytea NOT NULL UNIQUE,
          created_at timestamptz NOT NULL DEFAULT now(),
          ended_at timestamptz
        );
        COMMENT ON TABLE sync.client IS 'systems that read people and groups from us, and some that bring staff';

        CREATE TABLE sync.scim_user (
          client_id uuid NOT NULL REFERENCES sync.client,
          person_id uuid NOT NULL,
          external_id text,
          user_name text NOT NULL,
          resource jsonb NOT NULL,
          full_name text NOT NULL,
          version int NOT NULL DEFAULT 1,
          created_at timestamptz NOT NULL DEFAULT now(),
          updated_at timestamptz NOT NULL DEFAULT now(),
          deleted_at timestamptz,
          PRIMARY KEY (client_id, person_id)
        );
        CREATE UNIQUE INDEX scim_user_name ON sync.scim_user (client_id, lower(user_name)) WHERE deleted_at IS NULL;
        CREATE INDEX scim_user_external ON sync.scim_user (client_id, external_id);
        COMMENT ON TABLE sync.scim_user IS 'people whom a client made, and what it calls them';

        CREATE TABLE sync.scim_group (
          id uuid PRIMARY KEY,
          client_id uuid NOT NULL REFERENCES sync.client,
          external_id text,
          display_name text NOT NULL,
          version int NOT NULL DEFAULT 1,
          created_at timestamptz NOT NULL DEFAULT now(),
          updated_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX scim_group_client ON sync.scim_group (client_id, id);
        CREATE TABLE sync.scim_group_member (
          group_id uuid NOT NULL REFERENCES sync.scim_group ON DELETE CASCADE,
          person_id uuid NOT NULL,
          PRIMARY KEY (group_id, person_id)
        );
        CREATE INDEX scim_group_of ON sync.scim_group_member (person_id);`,
    },
    {
      name: '005-lag',
      sql: `
        CREATE TABLE sync.lag (
          target_id uuid NOT NULL REFERENCES sync.target ON DELETE CASCADE,
          at timestamptz NOT NULL,
          seconds int NOT NULL,
          pending int NOT NULL,
          PRIMARY KEY (target_id, at)
        );
        COMMENT ON TABLE sync.lag IS 'how far each target was behind, looked at every five minutes, kept for a week';
        CREATE INDEX change_refused ON sync.change (run_id, number) WHERE state = 'failed';`,
    },
    {
      name: '006-client-tokens',
      sql: `
        ALTER TABLE sync.client ADD COLUMN old_token_sha256 bytea UNIQUE, ADD COLUMN old_token_until timestamptz,
          ADD COLUMN last_used_at timestamptz;
        COMMENT ON COLUMN sync.client.old_token_sha256 IS 'the token of before, taken for a day after a new one was made';`,
    },
    {
      name: '007-webhooks',
      sql: `
        ALTER TABLE sync.client DROP CONSTRAINT client_kind_check;
        ALTER TABLE sync.client ADD CONSTRAINT client_kind_check CHECK (kind IN ('scim', 'oneroster', 'events'));

        CREATE TABLE sync.feed (
          position bigint PRIMARY KEY,
          event_id uuid NOT NULL UNIQUE,
          at timestamptz NOT NULL,
          type text NOT NULL,
          subject_kind text NOT NULL,
          subject_id uuid NOT NULL,
          reach text[] NOT NULL
        );
        CREATE INDEX feed_reach ON sync.feed USING gin (reach);
        CREATE INDEX feed_time ON sync.feed (at);
        COMMENT ON TABLE sync.feed IS 'what happened, for systems outside: identifiers alone';
        COMMENT ON COLUMN sync.feed.reach IS 'organisation:role of everywhere that it concerns, organisation:* for organisations and classes';
        CREATE TABLE sync.feed_end (
          is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
          last bigint NOT NULL,
          forgotten bigint NOT NULL
        );
        COMMENT ON TABLE sync.feed_end IS 'the last position, and the last one that is no longer kept';

        CREATE TABLE sync.webhook (
          id uuid PRIMARY KEY,
          client_id uuid NOT NULL REFERENCES sync.client,
          url text NOT NULL,
          types text[] NOT NULL,
          scheme text NOT NULL CHECK (scheme IN ('v1', 'v1a')),
          sealed_secret bytea NOT NULL,
          previous_sealed_secret bytea,
          previous_until timestamptz,
          state text NOT NULL DEFAULT 'on' CHECK (state IN ('on', 'paused', 'disabled')),
          disabled_reason text CHECK (disabled_reason IN ('gone', 'failing')),
          position bigint NOT NULL,
          replay_position bigint,
          replay_until bigint,
          failures int NOT NULL DEFAULT 0,
          next_at timestamptz NOT NULL,
          held_by uuid,
          held_until timestamptz,
          created_by uuid,
          created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX webhook_client ON sync.webhook (client_id);
        COMMENT ON COLUMN sync.webhook.held_by IS 'the process that sends; a lease until held_until';
        CREATE TABLE sync.webhook_attempt (
          webhook_id uuid NOT NULL REFERENCES sync.webhook ON DELETE CASCADE,
          number bigint GENERATED ALWAYS AS IDENTITY,
          event_id uuid NOT NULL,
          position bigint NOT NULL,
          type text NOT NULL,
          at timestamptz NOT NULL,
          status int,
          failure text,
          duration_ms int NOT NULL,
          is_replay boolean NOT NULL,
          PRIMARY KEY (webhook_id, number)
        );
        CREATE INDEX webhook_attempt_time ON sync.webhook_attempt (at);`,
    },
    {
      name: '008-exports',
      sql: `
        CREATE TABLE sync.export (
          id uuid PRIMARY KEY,
          client_id uuid NOT NULL REFERENCES sync.client,
          format text NOT NULL CHECK (format IN ('csv', 'csv-plain', 'xlsx', 'oneroster', 'oneroster-delta')),
          schedule text NOT NULL CHECK (schedule IN ('daily', 'weekly', 'none')),
          created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX export_client ON sync.export (client_id);
        COMMENT ON TABLE sync.export IS 'files that are made for a client';
        CREATE TABLE sync.export_file (
          id uuid PRIMARY KEY,
          export_id uuid NOT NULL REFERENCES sync.export ON DELETE CASCADE,
          name text NOT NULL,
          media_type text NOT NULL,
          bytes int NOT NULL,
          sha256 bytea NOT NULL,
          made_at timestamptz NOT NULL,
          expires_at timestamptz NOT NULL,
          is_whole boolean NOT NULL DEFAULT false,
          downloads int NOT NULL DEFAULT 0
        );
        CREATE INDEX export_file_of ON sync.export_file (export_id, id);
        CREATE TABLE sync.export_chunk (
          file_id uuid NOT NULL REFERENCES sync.export_file ON DELETE CASCADE,
          number int NOT NULL,
          sealed bytea NOT NULL,
          PRIMARY KEY (file_id, number)
        );
        CREATE TABLE sync.export_line (
          export_id uuid NOT NULL REFERENCES sync.export ON DELETE CASCADE,
          line text NOT NULL,
          digest text NOT NULL,
          PRIMARY KEY (export_id, line)
        );
        COMMENT ON TABLE sync.export_line IS 'hashes of what the last file held, for what the next one has to say';`,
    },
    {
      name: '009-proofs',
      sql: `
        ALTER TABLE sync.run ADD COLUMN proof jsonb;
        COMMENT ON COLUMN sync.run.proof IS 'what was found when the target was read again after the run; digests of both sides';
        CREATE TABLE sync.mark (
          target_id uuid NOT NULL REFERENCES sync.target ON DELETE CASCADE,
          bucket text NOT NULL,
          digest bytea NOT NULL,
          PRIMARY KEY (target_id, bucket)
        );
        COMMENT ON TABLE sync.mark IS 'how each part of a target was marked when it was last in step';`,
    },
    {
      name: '010-delivered',
      sql: `
        CREATE TABLE sync.delivered (
          target_id uuid NOT NULL REFERENCES sync.target ON DELETE CASCADE,
          person_id uuid NOT NULL,
          version bytea NOT NULL,
          groups text[] NOT NULL,
          PRIMARY KEY (target_id, person_id)
        );
        CREATE INDEX pending_order ON sync.pending (target_id, added_at);
        COMMENT ON TABLE sync.delivered IS 'what a target took last of whom: a digest of each field, and the groups';`,
    },
    sourceMigration,
    flightMigration,
    numberMigration,
    unbrokenMigration,
  ],
};
