import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Lists of a whole city are sorted and filtered by names: ADR 0271. */
export const listMigration: SchemaMigrations['migrations'][number] = {
  name: '025-lists-of-a-city',
  sql: `
    CREATE INDEX person_by_name ON registry.person (lower(full_name) COLLATE "C", id);
    CREATE INDEX person_by_family_name ON registry.person (lower(split_part(full_name, ' ', 1)) COLLATE "C", id);
    CREATE INDEX person_by_given_name ON registry.person (lower(split_part(full_name, ' ', -1)) COLLATE "C", id);
    CREATE INDEX person_not_active ON registry.person (id) WHERE status <> 'active';
    -- People come in the order of time: a hundredth of the size of another index, and nothing to write.
    CREATE INDEX person_created ON registry.person USING brin (created_at);`,
};
