import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** A learner goes from one school to another when both have said so. */
export const transferMigration: SchemaMigrations['migrations'][number] = {
  name: '022-transfers',
  sql: `
        CREATE TABLE registry.transfer (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL REFERENCES registry.person,
          from_id uuid NOT NULL REFERENCES registry.organisation,
          to_id uuid NOT NULL REFERENCES registry.organisation,
          asked_side text NOT NULL CHECK (asked_side IN ('from', 'to')),
          asked_by uuid NOT NULL,
          note text NOT NULL,
          class_id uuid REFERENCES registry.class,
          state text NOT NULL CHECK (state IN ('waiting', 'accepted', 'declined', 'withdrawn', 'lapsed')),
          asked_at timestamptz NOT NULL,
          expires_at timestamptz NOT NULL,
          closed_at timestamptz,
          answered_by uuid,
          answer text,
          CHECK (from_id <> to_id),
          CHECK ((state = 'waiting') = (closed_at IS NULL))
        );
        COMMENT ON TABLE registry.transfer IS 'moves between schools: one asks, somebody of the other answers; until then nothing has changed';
        COMMENT ON COLUMN registry.transfer.class_id IS 'a class of the school that the learner goes to';
        CREATE UNIQUE INDEX transfer_open ON registry.transfer (person_id) WHERE closed_at IS NULL;
        CREATE INDEX transfer_person ON registry.transfer (person_id);
        CREATE INDEX transfer_from ON registry.transfer (from_id, id);
        CREATE INDEX transfer_to ON registry.transfer (to_id, id);
        CREATE INDEX transfer_expiry ON registry.transfer (expires_at) WHERE closed_at IS NULL;`,
};
