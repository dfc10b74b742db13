import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** A file that goes is looked for in what may still name it: by an index, not in every request there is. */
export const documentReferences: SchemaMigrations['migrations'][number] = {
  name: '036-document-references',
  sql: `
        CREATE INDEX request_unsigned_document ON signing.request (unsigned_document_id);
        CREATE INDEX request_unsigned_data ON signing.request (unsigned_data_id) WHERE unsigned_data_id IS NOT NULL;
        CREATE INDEX upload_document ON signing.upload (document_id);`,
};
