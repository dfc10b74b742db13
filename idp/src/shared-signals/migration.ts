import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** A signal about somebody who is erased outlives the table of subjects. */
export const purgedSignalMigration: SchemaMigrations['migrations'][number] = {
  name: '033-purged-signals',
  sql: `
        ALTER TABLE idp.signal ADD COLUMN sub text;
        COMMENT ON COLUMN idp.signal.sub IS 'by what the receiver knows somebody who is erased here';`,
};
