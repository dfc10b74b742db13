import type { SchemaMigrations } from '@edutrust/platform/migrations';

export const riskMigration: SchemaMigrations['migrations'][number] = {
  name: '034-seen-networks',
  sql: `
        CREATE TABLE idp.seen_network (
          person_id uuid NOT NULL,
          network bytea NOT NULL,
          place text,
          last_at timestamptz NOT NULL,
          PRIMARY KEY (person_id, network)
        );
        COMMENT ON TABLE idp.seen_network IS
          'from which networks staff signed in, for half a year: what comes from another one is asked for more';
        COMMENT ON COLUMN idp.seen_network.network IS 'keyed hash of person and network: no address is kept';
        CREATE INDEX seen_network_time ON idp.seen_network (last_at);
        ALTER TABLE idp.session ADD COLUMN place text;
        COMMENT ON COLUMN idp.session.place IS 'where its sign-in came from, as the operator''s table names it (EDUTRUST_NETWORK_PLACES)';`,
};
