import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** The new school year of every school of a ward or of the city, as one plan. */
export const yearPlanMigration: SchemaMigrations['migrations'][number] = {
  name: '023-year-plans',
  sql: `
        CREATE TABLE registry.year_plan (
          id uuid PRIMARY KEY,
          organisation_id uuid NOT NULL REFERENCES registry.organisation,
          school_year int NOT NULL,
          state text NOT NULL CHECK (state IN ('preparing', 'ready', 'applying', 'applied', 'undoing', 'undone', 'discarded')),
          created_at timestamptz NOT NULL,
          created_by jsonb NOT NULL,
          applied_at timestamptz,
          approval_id uuid REFERENCES registry.approval
        );
        COMMENT ON COLUMN registry.year_plan.approval_id IS 'of applying it, then of undoing it';
        CREATE UNIQUE INDEX year_plan_open ON registry.year_plan (organisation_id)
          WHERE state IN ('preparing', 'ready', 'applying', 'undoing');
        CREATE INDEX year_plan_newest ON registry.year_plan (organisation_id, id);
        CREATE TABLE registry.year_plan_school (
          year_plan_id uuid NOT NULL REFERENCES registry.year_plan,
          organisation_id uuid NOT NULL REFERENCES registry.organisation,
          state text NOT NULL CHECK (state IN ('waiting', 'ready', 'stopped', 'empty', 'applied', 'failed', 'undone')),
          code text,
          plan_id uuid REFERENCES registry.roster_plan ON DELETE SET NULL,
          digest bytea,
          learners int NOT NULL DEFAULT 0,
          up int NOT NULL DEFAULT 0,
          graduating int NOT NULL DEFAULT 0,
          classes_before int NOT NULL DEFAULT 0,
          classes_after int NOT NULL DEFAULT 0,
          PRIMARY KEY (year_plan_id, organisation_id)
        );
        COMMENT ON COLUMN registry.year_plan_school.code IS 'why it is stopped, or the code of the error that it failed with';
        COMMENT ON COLUMN registry.year_plan_school.digest IS 'of the plan of the school as it was made: what is approved and applied';
        CREATE INDEX year_plan_school_plan ON registry.year_plan_school (plan_id);`,
};
