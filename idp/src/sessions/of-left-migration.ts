import type { SchemaMigrations } from '@edutrust/platform/migrations';

export const sessionsOfLeft: SchemaMigrations['migrations'][number] = {
  name: '042-sessions-of-who-left',
  sql: `
        ALTER TABLE idp.session ADD COLUMN is_of_left boolean NOT NULL DEFAULT false;
        COMMENT ON COLUMN idp.session.is_of_left IS 'began after its person had left: opens their own pages alone, and nothing once they come back';`,
};
