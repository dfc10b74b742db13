import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Numbers of people where a directory asks for them. */
export const numberMigration: SchemaMigrations['migrations'][number] = {
  name: '013-numbers',
  sql: `
        CREATE TABLE sync.number (
          target_id uuid NOT NULL REFERENCES sync.target ON DELETE CASCADE,
          number int NOT NULL,
          key text,
          PRIMARY KEY (target_id, number),
          UNIQUE (target_id, key)
        );
        COMMENT ON TABLE sync.number IS 'uidNumber of each person at a target, never given to anybody else';
        COMMENT ON COLUMN sync.number.key IS 'education ID; NULL once the person was erased';`,
};
