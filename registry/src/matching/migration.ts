import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Rows that may be somebody who is known, and what a person said. */
export const matchMigration: SchemaMigrations['migrations'][number] = {
  name: '019-match-questions',
  sql: `
        CREATE TABLE registry.match_question (
          id uuid PRIMARY KEY,
          organisation_id uuid NOT NULL REFERENCES registry.organisation,
          kind text NOT NULL CHECK (kind IN ('learner', 'staff')),
          fingerprint bytea NOT NULL,
          person_id uuid NOT NULL REFERENCES registry.person,
          rule text NOT NULL,
          score int NOT NULL CHECK (score BETWEEN 0 AND 100),
          reasons text[] NOT NULL,
          facts jsonb NOT NULL,
          plan_id uuid REFERENCES registry.roster_plan ON DELETE SET NULL,
          state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'same', 'other')),
          asked_at timestamptz NOT NULL,
          answered_at timestamptz,
          UNIQUE (organisation_id, kind, fingerprint, person_id)
        );
        COMMENT ON TABLE registry.match_question IS 'rows of rosters that may be a person who is known; the answer holds for every later file';
        COMMENT ON COLUMN registry.match_question.fingerprint IS 'SHA-256 of what the row says of who it is';
        COMMENT ON COLUMN registry.match_question.facts IS 'the row beside the record, while it is a question';
        CREATE INDEX match_question_open ON registry.match_question (organisation_id, id) WHERE state = 'open';
        CREATE INDEX match_question_person ON registry.match_question (person_id);
        CREATE INDEX match_question_plan ON registry.match_question (plan_id);`,
};
