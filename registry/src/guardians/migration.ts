import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** What a court took from a guardian, or left. */
export const guardianLimits: SchemaMigrations['migrations'][number] = {
  name: '021-guardian-limits',
  sql: `
        ALTER TABLE registry.guardianship
          ADD COLUMN scope text NOT NULL DEFAULT 'full' CHECK (scope IN ('full', 'documents', 'none')),
          ADD COLUMN scope_reason text, ADD COLUMN scope_until date;
        COMMENT ON COLUMN registry.guardianship.scope_until IS 'from that day all of it again, by the clock';`,
};
