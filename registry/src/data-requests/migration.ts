import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** What people ask of their data, files on breaches, and records that were erased. */
export const dataProtectionMigration: SchemaMigrations['migrations'][number] = {
  name: '020-data-protection',
  sql: `
        ALTER TABLE registry.person DROP CONSTRAINT person_status_check,
          ADD CONSTRAINT person_status_check CHECK (status IN ('active', 'left', 'archived', 'merged', 'erased'));
        ALTER TABLE registry.approval ADD COLUMN erased_at timestamptz;
        COMMENT ON COLUMN registry.approval.erased_at IS
          'when a person whom it named was erased, and its text with them; the digest and both acts stay';
        CREATE TABLE registry.data_request (
          id uuid PRIMARY KEY,
          kind text NOT NULL CHECK (kind IN ('copy', 'correct', 'erase', 'restrict', 'object', 'withdraw', 'protect')),
          subject_id uuid NOT NULL REFERENCES registry.person,
          asked_by uuid REFERENCES registry.person,
          asked_as text NOT NULL CHECK (asked_as IN ('person', 'guardian', 'paper')),
          wish text NOT NULL,
          organisation_id uuid NOT NULL REFERENCES registry.organisation,
          state text NOT NULL CHECK (state IN ('received', 'acknowledged', 'erasing', 'done', 'refused', 'withdrawn')),
          received_at timestamptz NOT NULL,
          acknowledge_by timestamptz NOT NULL,
          acknowledged_at timestamptz,
          due_at timestamptz NOT NULL,
          extended_at timestamptz,
          extension_reason text,
          closed_at timestamptz,
          answer text,
          approval_id uuid REFERENCES registry.approval,
          outcome jsonb,
          erasing jsonb,
          CHECK ((asked_as = 'paper') = (asked_by IS NULL)),
          CHECK ((state IN ('done', 'refused', 'withdrawn')) = (closed_at IS NOT NULL))
        );
        COMMENT ON COLUMN registry.data_request.due_at IS 'Decree 356/2025, article 5; once extended by the same time again';
        COMMENT ON COLUMN registry.data_request.erasing IS 'by what text the person is named, while the job erases it; null before and after';
        COMMENT ON COLUMN registry.data_request.outcome IS 'what an erasure removed and what stays, in numbers; who has to be told';
        CREATE UNIQUE INDEX data_request_open ON registry.data_request (subject_id, kind) WHERE closed_at IS NULL;
        CREATE INDEX data_request_desk ON registry.data_request (organisation_id, id);
        CREATE INDEX data_request_asker ON registry.data_request (asked_by, id);
        CREATE TABLE registry.data_breach (
          id uuid PRIMARY KEY,
          organisation_id uuid NOT NULL REFERENCES registry.organisation,
          found_at timestamptz NOT NULL,
          what text NOT NULL,
          data_kinds text[] NOT NULL,
          people_count int,
          measures text NOT NULL,
          tells_people boolean NOT NULL,
          report_by timestamptz NOT NULL,
          reported_at timestamptz,
          people_told_at timestamptz,
          closed_at timestamptz,
          created_at timestamptz NOT NULL,
          version int NOT NULL DEFAULT 1
        );
        COMMENT ON TABLE registry.data_breach IS 'files on breaches: 72 hours to the authority (Law 91/2025, article 23), kept five years';
        CREATE INDEX data_breach_desk ON registry.data_breach (organisation_id, id);`,
};
