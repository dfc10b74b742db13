import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Guardians who act for their children in an app, and services that go on as their caller (RFC 8693). */
export const actingFor: SchemaMigrations['migrations'][number] = {
  name: '024-acting-for',
  sql: `
    ALTER TABLE idp.consent ADD COLUMN children uuid[] NOT NULL DEFAULT '{}';
    COMMENT ON COLUMN idp.consent.children IS 'for whom the app may let the person act (scope acting_for), as they were named when it was agreed to';
    CREATE INDEX consent_children ON idp.consent USING gin (children) WHERE children <> '{}';
    ALTER TABLE idp.app ADD COLUMN exchanges_tokens boolean NOT NULL DEFAULT false,
      ADD CONSTRAINT app_exchange_check CHECK (NOT exchanges_tokens OR kind IN ('web', 'machine'));
    COMMENT ON COLUMN idp.app.exchanges_tokens IS 'goes on to the API of another app as the person who called it (RFC 8693)';`,
};
