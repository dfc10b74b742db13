import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** The thirteenth step of the registry's tables: what people had before a plan. */
export const undoMigration: SchemaMigrations['migrations'][number] = {
  name: '013-undo',
  sql: `
        CREATE TABLE registry.roster_undo (
          plan_id uuid NOT NULL REFERENCES registry.roster_plan ON DELETE CASCADE,
          person_id uuid NOT NULL REFERENCES registry.person,
          before jsonb NOT NULL,
          after_digest bytea,
          PRIMARY KEY (plan_id, person_id)
        );
        COMMENT ON TABLE registry.roster_undo IS 'what people had before a plan was applied, for seven days';
        ALTER TABLE registry.roster_plan DROP CONSTRAINT roster_plan_status_check,
          ADD CONSTRAINT roster_plan_status_check CHECK (status IN ('planned', 'held', 'applied', 'superseded', 'undone'));
        CREATE INDEX enrolment_person ON registry.enrolment (person_id);
        CREATE INDEX class_homeroom ON registry.class (homeroom_teacher_id) WHERE homeroom_teacher_id IS NOT NULL;`,
};
