import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Codes lie there for an hour after their end, a city's sign-ins of two hours; each sign-out looks for those of its session. */
export const codeIndexes: SchemaMigrations['migrations'][number] = {
  name: '045-code-indexes',
  sql: `
    CREATE INDEX authorization_code_person ON idp.authorization_code (person_id);
    CREATE INDEX authorization_code_session ON idp.authorization_code (session_uid);`,
};
