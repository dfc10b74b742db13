import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Who left long ago is archived. */
export const archiveMigration: SchemaMigrations['migrations'][number] = {
  name: '015-archived-people',
  sql: `
        ALTER TABLE registry.person DROP CONSTRAINT person_status_check,
          ADD CONSTRAINT person_status_check CHECK (status IN ('active', 'left', 'archived', 'merged'));`,
};
