import type { SchemaMigrations } from '@edutrust/platform/migrations';

export const mergeMigration: SchemaMigrations['migrations'][number] = {
  name: '036-merges',
  sql: `
        CREATE TABLE registry.merge (
          duplicate_id uuid PRIMARY KEY REFERENCES registry.person,
          into_id uuid NOT NULL REFERENCES registry.person,
          merged_on date NOT NULL,
          status text NOT NULL,
          moved jsonb NOT NULL
        );
        COMMENT ON TABLE registry.merge IS 'what a merge took from the duplicate, so that two people can take it apart again';
        COMMENT ON COLUMN registry.merge.status IS 'how the duplicate stood before';
        CREATE INDEX merge_into ON registry.merge (into_id);`,
};
