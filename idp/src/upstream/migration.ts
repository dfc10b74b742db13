import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Accounts of other houses that people signed in with. */
export const upstreamMigration: SchemaMigrations['migrations'][number] = {
  name: '022-upstream-links',
  sql: `
        CREATE TABLE idp.upstream_link (
          id uuid PRIMARY KEY,
          issuer text NOT NULL,
          subject text NOT NULL,
          person_id uuid NOT NULL,
          provider text NOT NULL,
          linked_at timestamptz NOT NULL,
          last_used_at timestamptz,
          attestation bytea NOT NULL,
          UNIQUE (issuer, subject),
          UNIQUE (person_id, issuer)
        );
        COMMENT ON TABLE idp.upstream_link IS 'by issuer and sub alone (OpenID Connect Core §5.7): never by name or address';`,
};
