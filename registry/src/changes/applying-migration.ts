import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** A plan is applied part by part, and goes on where it stopped. */
export const applyingMigration: SchemaMigrations['migrations'][number] = {
  name: '014-applying-in-parts',
  sql: `
        ALTER TABLE registry.roster_plan
          ADD COLUMN applied_row int,
          ADD COLUMN applied_count int NOT NULL DEFAULT 0,
          ADD COLUMN applied_by jsonb,
          DROP CONSTRAINT roster_plan_status_check,
          ADD CONSTRAINT roster_plan_status_check
            CHECK (status IN ('planned', 'held', 'applying', 'applied', 'superseded', 'undone'));
        COMMENT ON COLUMN registry.roster_plan.applied_row IS 'of a plan being applied: changes up to this row are done';
        CREATE INDEX roster_change_row ON registry.roster_change (plan_id, row);`,
};
