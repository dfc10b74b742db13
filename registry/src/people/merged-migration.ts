import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Whom a record stands for beside its own is asked each time that somebody reads who looked at it. */
export const mergedMigration: SchemaMigrations['migrations'][number] = {
  name: '039-merged-into',
  sql: `
        CREATE INDEX person_merged_into ON registry.person (merged_into) WHERE merged_into IS NOT NULL;`,
};
