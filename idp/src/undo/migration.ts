import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** How people signed in before it changed, for a day. */
export const undoMigration: SchemaMigrations['migrations'][number] = {
  name: '039-undoable-changes',
  sql: `
        CREATE TABLE idp.undoable_change (
          notice_id uuid PRIMARY KEY,
          position bigint GENERATED ALWAYS AS IDENTITY,
          person_id uuid NOT NULL,
          at timestamptz NOT NULL DEFAULT now(),
          before jsonb NOT NULL,
          taken_back_at timestamptz
        );
        COMMENT ON TABLE idp.undoable_change IS 'a change of how somebody signs in that can be taken back for a day (ADR 0309)';
        COMMENT ON COLUMN idp.undoable_change.before IS
          'passkeys, authenticator app, recovery codes and linked accounts as they were; never a password';
        CREATE INDEX undoable_change_person ON idp.undoable_change (person_id);
        CREATE INDEX undoable_change_time ON idp.undoable_change (at);`,
};
