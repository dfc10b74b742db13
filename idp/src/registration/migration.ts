import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** What metadata leave out may be as OpenID Connect has it, of a token that says so. */
export const registrationDefaults: SchemaMigrations['migrations'][number] = {
  name: '038-registration-defaults',
  sql: `ALTER TABLE idp.registration_token ADD COLUMN has_standard_defaults boolean NOT NULL DEFAULT false;`,
};

/** Who made a token, and what was registered with it. */
export const registrationUses: SchemaMigrations['migrations'][number] = {
  name: '044-registration-uses',
  sql: `
    ALTER TABLE idp.registration_token ADD COLUMN made_by uuid, ADD COLUMN made_at timestamptz;
    COMMENT ON COLUMN idp.registration_token.made_by IS 'null: at the server, or before version 044';
    ALTER TABLE idp.app ADD COLUMN registered_with uuid REFERENCES idp.registration_token;
    COMMENT ON COLUMN idp.app.registered_with IS 'the token of an app that registered itself; null: somebody registered it, or before version 044';
    CREATE INDEX app_registered_with ON idp.app (registered_with) WHERE registered_with IS NOT NULL;`,
};

/** Apps that register themselves with a token that somebody made for them (RFC 7591, 7592). */
export const registrations: SchemaMigrations['migrations'][number] = {
  name: '025-registration',
  sql: `
    CREATE TABLE idp.registration_token (
      id uuid PRIMARY KEY,
      secret_hash bytea NOT NULL UNIQUE,
      organisation_id uuid NOT NULL,
      scopes text[] NOT NULL,
      is_sandbox boolean NOT NULL,
      uses_left int NOT NULL CHECK (uses_left >= 0),
      expires_at timestamptz NOT NULL,
      ended_at timestamptz);
    COMMENT ON TABLE idp.registration_token IS 'initial access tokens (RFC 7591 §3): who holds one registers so many apps of this organisation, for at most these scopes';
    ALTER TABLE idp.app ADD COLUMN management_hash bytea UNIQUE;
    COMMENT ON COLUMN idp.app.management_hash IS 'of the registration access token (RFC 7592) of an app that registered itself';`,
};
