import type { SchemaMigrations } from '@edutrust/platform/migrations';

export const breakGlassMigration: SchemaMigrations['migrations'][number] = {
  name: '040-break-glass',
  sql: `
        CREATE TABLE idp.break_glass (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL,
          role text NOT NULL,
          organisation_id uuid NOT NULL,
          reason text NOT NULL,
          opened_by text NOT NULL,
          opened_at timestamptz NOT NULL,
          ends_at timestamptz NOT NULL,
          link_hash bytea UNIQUE,
          link_ends_at timestamptz,
          used_at timestamptz,
          closed_at timestamptz,
          attestation bytea NOT NULL
        );
        COMMENT ON TABLE idp.break_glass IS 'one person with a role for hours, opened at the server when nobody else gets in (ADR 0322)';
        COMMENT ON COLUMN idp.break_glass.opened_by IS 'the account of the machine';
        COMMENT ON COLUMN idp.break_glass.link_hash IS 'keyed; null once it was used';
        COMMENT ON COLUMN idp.break_glass.used_at IS 'of the first link that was used';
        CREATE UNIQUE INDEX break_glass_open ON idp.break_glass ((true)) WHERE closed_at IS NULL;
        CREATE INDEX break_glass_person ON idp.break_glass (person_id);
        CREATE TABLE idp.break_glass_review (
          glass_id uuid NOT NULL REFERENCES idp.break_glass,
          reviewer_id uuid NOT NULL,
          at timestamptz NOT NULL,
          acts int NOT NULL,
          digest bytea NOT NULL,
          note text NOT NULL,
          attestation bytea NOT NULL,
          PRIMARY KEY (glass_id, reviewer_id)
        );
        COMMENT ON COLUMN idp.break_glass_review.digest IS 'SHA-256 of the very acts that the reviewer saw';
        CREATE INDEX break_glass_review_reviewer ON idp.break_glass_review (reviewer_id);`,
};
