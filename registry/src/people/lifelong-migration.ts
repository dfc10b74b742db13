import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** The code of a lifelong learning record (Decree 88/2026/ND-CP, article 9), beside the ministry's identifier. */
export const lifelongMigration: SchemaMigrations['migrations'][number] = {
  name: '037-lifelong-codes',
  sql: `
        ALTER TABLE registry.person ADD COLUMN lifelong_code_sealed bytea, ADD COLUMN lifelong_code_index bytea;
        COMMENT ON COLUMN registry.person.lifelong_code_sealed IS 'encrypted; found again by its keyed index alone';
        CREATE UNIQUE INDEX person_lifelong_code ON registry.person (lifelong_code_index) WHERE status <> 'merged';`,
};
