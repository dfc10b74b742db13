import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** A notice that goes where its person was reached until then. */
export const noticeAddresses: SchemaMigrations['migrations'][number] = {
  name: '017-notice-addresses',
  sql: `
    ALTER TABLE registry.notice ADD COLUMN address text;
    COMMENT ON COLUMN registry.notice.address IS 'where this one is mailed to instead: the address of before';`,
};
