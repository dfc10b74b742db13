import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Since when it is somebody's turn, what they were told of it, and the browsers that are told at once. */
export const reminders: SchemaMigrations['migrations'][number] = {
  name: '025-reminders',
  sql: `
    ALTER TABLE signing.step ADD COLUMN due_since timestamptz;
    UPDATE signing.step SET due_since = now() WHERE state = 'due';
    COMMENT ON COLUMN signing.step.due_since IS 'since when it is its signer''s turn; null: never was, or before this was kept';
    ALTER TABLE signing.request ADD COLUMN overdue_at timestamptz;
    COMMENT ON COLUMN signing.request.overdue_at IS 'when it was told that the deadline has passed; null: not passed, or put off since';
    CREATE INDEX request_deadline ON signing.request (due_at)
      WHERE state IN ('waiting', 'signed') AND overdue_at IS NULL AND due_at IS NOT NULL;
    CREATE TABLE signing.reminder (
      person_id uuid PRIMARY KEY,
      pushed_at timestamptz,
      mailed_at timestamptz
    );
    COMMENT ON TABLE signing.reminder IS 'when a signer was last told that something waits';
    CREATE TABLE signing.push_subscription (
      endpoint text PRIMARY KEY,
      person_id uuid NOT NULL,
      session_id text NOT NULL,
      public_key bytea NOT NULL,
      auth_secret bytea NOT NULL,
      created_at timestamptz NOT NULL
    );
    CREATE INDEX push_subscription_person ON signing.push_subscription (person_id);
    CREATE INDEX push_subscription_session ON signing.push_subscription (session_id);
    COMMENT ON TABLE signing.push_subscription IS
      'browsers that are told at once when something waits for their person (RFC 8030); gone with the sign-in that made them';`,
};
