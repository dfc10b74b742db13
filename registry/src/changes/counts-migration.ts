import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** What rosters did to each school, in numbers: what is usual at this time of the year is known from the last one. */
export const countsMigration: SchemaMigrations['migrations'][number] = {
  name: '024-roster-counts',
  sql: `
        CREATE TABLE registry.roster_count (
          plan_id uuid NOT NULL,
          organisation_id uuid NOT NULL REFERENCES registry.organisation,
          whose text NOT NULL,
          kind text NOT NULL CHECK (kind IN ('created', 'corrected', 'reclassed', 'moved', 'left')),
          total int NOT NULL,
          at timestamptz NOT NULL,
          PRIMARY KEY (plan_id, organisation_id, whose, kind)
        );
        COMMENT ON TABLE registry.roster_count IS 'how many each accepted plan touched, without whom; guards count with them';
        CREATE INDEX roster_count_school ON registry.roster_count (organisation_id, whose, kind, at);
        CREATE INDEX roster_count_at ON registry.roster_count (at);`,
};
