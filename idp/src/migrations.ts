import type { SchemaMigrations } from '@edutrust/platform/migrations';
import { appProfiles } from './apps/profile-migration.ts';
import { lifeMigrations } from './life-migrations.ts';
import { protocolMigrations } from './protocol-migrations.ts';
import { deviceCodes } from './provider/device-migration.ts';

export const migrations: SchemaMigrations = {
  schema: 'idp',
  migrations: [
    {
      name: '001-accounts',
      sql: `
        CREATE TABLE idp.account (
          person_id uuid PRIMARY KEY,
          status text NOT NULL CHECK (status IN ('invited', 'active', 'suspended')),
          password_hash text,
          password_changed_at timestamptz,
          user_handle bytea NOT NULL UNIQUE,
          created_at timestamptz NOT NULL,
          activated_at timestamptz,
          suspended_at timestamptz,
          last_sign_in_at timestamptz
        );
        COMMENT ON COLUMN idp.account.user_handle IS 'WebAuthn user handle: random, says nothing about the person';
        CREATE TABLE idp.passkey (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL REFERENCES idp.account,
          credential_id text NOT NULL UNIQUE,
          public_key bytea NOT NULL,
          counter bigint NOT NULL,
          transports text[] NOT NULL,
          is_synced boolean NOT NULL,
          name text NOT NULL,
          created_at timestamptz NOT NULL,
          last_used_at timestamptz
        );
        CREATE INDEX passkey_person ON idp.passkey (person_id);
        CREATE TABLE idp.activation (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL REFERENCES idp.account,
          kind text NOT NULL CHECK (kind IN ('code', 'link')),
          secret_hash bytea NOT NULL UNIQUE,
          created_at timestamptz NOT NULL,
          expires_at timestamptz NOT NULL,
          used_at timestamptz,
          revoked_at timestamptz
        );
        CREATE UNIQUE INDEX activation_live ON idp.activation (person_id, kind) WHERE used_at IS NULL AND revoked_at IS NULL;
        CREATE TABLE idp.guess (
          key bytea PRIMARY KEY,
          failures int NOT NULL,
          blocked_until timestamptz NOT NULL,
          last_at timestamptz NOT NULL
        );
        CREATE INDEX guess_age ON idp.guess (last_at);`,
    },
    {
      name: '002-apps',
      sql: `
        CREATE TABLE idp.app (
          client_id text PRIMARY KEY,
          name text NOT NULL,
          purpose jsonb NOT NULL,
          kind text NOT NULL CHECK (kind IN ('web', 'spa', 'machine')),
          organisation_id uuid NOT NULL,
          redirect_uris text[] NOT NULL,
          post_logout_redirect_uris text[] NOT NULL,
          backchannel_logout_uri text,
          home_uri text,
          scopes text[] NOT NULL,
          sector text NOT NULL,
          is_approved boolean NOT NULL,
          secret_hash bytea,
          previous_secret_hash bytea,
          previous_secret_until timestamptz,
          version int NOT NULL DEFAULT 1,
          created_at timestamptz NOT NULL,
          ended_at timestamptz,
          CHECK ((kind = 'spa') = (secret_hash IS NULL))
        );
        COMMENT ON COLUMN idp.app.sector IS 'Apps of one sector know a person by the same pairwise subject';
        CREATE INDEX app_organisation ON idp.app (organisation_id, client_id);
        CREATE TABLE idp.subject (
          sector text NOT NULL,
          person_id uuid NOT NULL,
          sub text NOT NULL UNIQUE,
          created_at timestamptz NOT NULL DEFAULT now(),
          PRIMARY KEY (sector, person_id)
        );
        COMMENT ON TABLE idp.subject IS 'Kept at first use, so that a vendor''s subject survives key rotation and merges';
        CREATE TABLE idp.consent (
          person_id uuid NOT NULL,
          client_id text NOT NULL REFERENCES idp.app,
          scopes text[] NOT NULL,
          given_at timestamptz NOT NULL,
          PRIMARY KEY (person_id, client_id)
        );`,
    },
    {
      name: '003-provider',
      sql: `
        CREATE TABLE idp.signing_key (
          kid text PRIMARY KEY,
          sealed bytea NOT NULL,
          created_at timestamptz NOT NULL,
          activates_at timestamptz NOT NULL,
          retires_at timestamptz
        );
        CREATE TABLE idp.session (
          uid text PRIMARY KEY,
          id_hash bytea NOT NULL UNIQUE,
          person_id uuid,
          payload jsonb NOT NULL,
          device text NOT NULL,
          signed_in_at timestamptz,
          created_at timestamptz NOT NULL DEFAULT now(),
          last_seen_at timestamptz NOT NULL DEFAULT now(),
          expires_at timestamptz NOT NULL
        ) WITH (fillfactor = 80);
        COMMENT ON COLUMN idp.session.id_hash IS 'SHA-256 of the cookie: a copy of this table signs nobody in';
        CREATE INDEX session_person ON idp.session (person_id) WHERE person_id IS NOT NULL;
        CREATE INDEX session_expiry ON idp.session (expires_at);
        CREATE TABLE idp.oauth_grant (
          id text PRIMARY KEY,
          person_id uuid,
          client_id text NOT NULL,
          payload jsonb NOT NULL,
          expires_at timestamptz NOT NULL
        );
        CREATE INDEX oauth_grant_person ON idp.oauth_grant (person_id, client_id);
        CREATE INDEX oauth_grant_expiry ON idp.oauth_grant (expires_at);
        CREATE TABLE idp.authorization_code (
          id_hash bytea PRIMARY KEY,
          grant_id text,
          person_id uuid,
          session_uid text,
          payload jsonb NOT NULL,
          consumed_at timestamptz,
          expires_at timestamptz NOT NULL
        );
        CREATE TABLE idp.refresh_token (LIKE idp.authorization_code INCLUDING ALL);
        CREATE TABLE idp.access_token (LIKE idp.authorization_code INCLUDING ALL);
        CREATE TABLE idp.pushed_request (LIKE idp.authorization_code INCLUDING ALL);
        CREATE INDEX authorization_code_grant ON idp.authorization_code (grant_id);
        CREATE INDEX refresh_token_grant ON idp.refresh_token (grant_id);
        CREATE INDEX refresh_token_person ON idp.refresh_token (person_id);
        CREATE INDEX refresh_token_session ON idp.refresh_token (session_uid);
        CREATE INDEX access_token_grant ON idp.access_token (grant_id);
        CREATE INDEX access_token_person ON idp.access_token (person_id);
        CREATE INDEX access_token_session ON idp.access_token (session_uid);
        CREATE INDEX authorization_code_expiry ON idp.authorization_code (expires_at);
        CREATE INDEX refresh_token_expiry ON idp.refresh_token (expires_at);
        CREATE INDEX access_token_expiry ON idp.access_token (expires_at);
        CREATE INDEX pushed_request_expiry ON idp.pushed_request (expires_at);
        CREATE TABLE idp.replay (id text PRIMARY KEY, expires_at timestamptz NOT NULL);
        CREATE INDEX replay_expiry ON idp.replay (expires_at);`,
    },
    {
      name: '004-epochs',
      sql: `
        ALTER TABLE idp.account ADD COLUMN epoch bigint NOT NULL DEFAULT 0;
        COMMENT ON COLUMN idp.account.epoch IS
          'Raised by whatever ends all of the person''s sessions: what a request under way stores for an earlier one is refused';
        ALTER TABLE idp.session ADD COLUMN idle_seconds int NOT NULL DEFAULT 86400;
        ALTER TABLE idp.oauth_grant ADD COLUMN session_uid text;
        CREATE UNIQUE INDEX oauth_grant_session ON idp.oauth_grant (session_uid, client_id) WHERE session_uid IS NOT NULL;`,
    },
    {
      name: '005-throttling',
      // idp.guess stays for processes of the version before; nothing of this version uses it.
      sql: `
        CREATE TABLE idp.throttle (
          key bytea PRIMARY KEY,
          person_id uuid,
          failures int NOT NULL,
          blocked_until timestamptz NOT NULL,
          last_at timestamptz NOT NULL
        );
        COMMENT ON COLUMN idp.throttle.key IS 'Keyed hash of place and account: no address is kept';
        CREATE INDEX throttle_age ON idp.throttle (last_at);
        CREATE INDEX throttle_person ON idp.throttle (person_id) WHERE person_id IS NOT NULL;
        CREATE TABLE idp.network (
          id uuid PRIMARY KEY,
          organisation_id uuid NOT NULL,
          range cidr NOT NULL,
          name text NOT NULL,
          created_at timestamptz NOT NULL,
          UNIQUE (organisation_id, range)
        );
        CREATE INDEX network_range ON idp.network USING gist (range inet_ops);`,
    },
    {
      name: '006-attestations',
      sql: `
        ALTER TABLE idp.activation ADD COLUMN attestation bytea;
        COMMENT ON COLUMN idp.activation.attestation IS 'keyed hash: this code also opens the account of somebody who answers for others';
        ALTER TABLE idp.passkey ADD COLUMN attestation bytea;
        COMMENT ON COLUMN idp.passkey.attestation IS 'keyed hash: this program registered the passkey for this person';`,
    },
    {
      name: '007-app-activation',
      sql: `
        ALTER TABLE idp.app ADD COLUMN is_external boolean NOT NULL DEFAULT false;
        CREATE TABLE idp.app_activation (
          client_id text NOT NULL REFERENCES idp.app,
          organisation_id uuid NOT NULL,
          activated_at timestamptz NOT NULL,
          activated_by uuid NOT NULL,
          PRIMARY KEY (client_id, organisation_id)
        );`,
    },
    { name: '008-app-picture', sql: 'ALTER TABLE idp.app ADD COLUMN picture text;' },
    {
      name: '009-sign-in-hours',
      sql: `
        CREATE TABLE idp.sign_in_hour (
          hour timestamptz NOT NULL,
          organisation_id uuid NOT NULL,
          count int NOT NULL,
          PRIMARY KEY (hour, organisation_id)
        );
        COMMENT ON TABLE idp.sign_in_hour IS 'how many signed in, by hour and home organisation: numbers, no people';`,
    },
    {
      name: '010-badges',
      sql: `
        CREATE TABLE idp.badge (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL,
          serial text NOT NULL,
          secret_hash bytea NOT NULL UNIQUE,
          code_hash bytea NOT NULL,
          is_stand_in boolean NOT NULL,
          issued_at timestamptz NOT NULL,
          expires_at timestamptz NOT NULL,
          last_used_at timestamptz,
          ended_at timestamptz
        );
        COMMENT ON COLUMN idp.badge.secret_hash IS 'Keyed hash of what the QR code holds';
        COMMENT ON COLUMN idp.badge.serial IS 'Printed, and no secret: who finds a badge reads it to the school';
        CREATE INDEX badge_person ON idp.badge (person_id) WHERE ended_at IS NULL;
        CREATE UNIQUE INDEX badge_code ON idp.badge (code_hash) WHERE ended_at IS NULL;
        CREATE UNIQUE INDEX badge_serial ON idp.badge (serial) WHERE ended_at IS NULL;
        CREATE TABLE idp.pin (
          person_id uuid PRIMARY KEY,
          kind text NOT NULL CHECK (kind IN ('pictures', 'digits')),
          length int NOT NULL,
          hash text NOT NULL,
          made_at timestamptz NOT NULL,
          failures int NOT NULL,
          blocked_until timestamptz NOT NULL DEFAULT '-infinity'
        );
        COMMENT ON COLUMN idp.pin.hash IS 'argon2id of the keyed PIN: few possibilities, so the table alone must not tell';
        CREATE TABLE idp.room_computer (
          id uuid PRIMARY KEY,
          organisation_id uuid NOT NULL,
          name text NOT NULL,
          public_key jsonb NOT NULL,
          enrolled_at timestamptz NOT NULL,
          last_used_at timestamptz,
          ended_at timestamptz
        );
        CREATE INDEX room_computer_organisation ON idp.room_computer (organisation_id) WHERE ended_at IS NULL;`,
    },
    {
      name: '011-attested-credentials',
      sql: `
        ALTER TABLE idp.account ADD COLUMN password_attestation bytea;
        COMMENT ON COLUMN idp.account.password_attestation IS 'keyed hash: this program made the password hash for this person';
        ALTER TABLE idp.session ADD COLUMN attestation bytea;
        COMMENT ON COLUMN idp.session.attestation IS 'keyed hash: this person signed in, in this way, and this cookie is theirs';
        ALTER TABLE idp.activation ADD COLUMN made_by uuid[];
        COMMENT ON COLUMN idp.activation.made_by IS 'who made the code, attested (empty: the program); null for codes of before';
        ALTER TABLE idp.passkey ADD COLUMN given_kind text CHECK (given_kind IN ('code-used', 'recovered')),
          ADD COLUMN given_by uuid[], ADD COLUMN given_at timestamptz;
        COMMENT ON COLUMN idp.passkey.given_by IS
          'whose code its holder chose it with (empty: the program''s); attested, so that it counts for 72 hours whatever else is deleted';`,
    },
    {
      name: '012-second-factor',
      sql: `
        CREATE TABLE idp.second_factor (
          person_id uuid PRIMARY KEY,
          sealed_secret bytea NOT NULL,
          added_at timestamptz NOT NULL,
          last_step bigint NOT NULL,
          failures int NOT NULL,
          blocked_until timestamptz NOT NULL DEFAULT '-infinity'
        );
        COMMENT ON COLUMN idp.second_factor.sealed_secret IS 'RFC 6238 secret, encrypted for this person';
        COMMENT ON COLUMN idp.second_factor.last_step IS 'the time step whose code was used last: each counts once';
        CREATE TABLE idp.recovery_code (
          person_id uuid NOT NULL,
          code_hash bytea NOT NULL,
          used_at timestamptz,
          PRIMARY KEY (person_id, code_hash)
        );`,
    },
    {
      name: '013-audiences',
      // Parents and auditors saw the pupils' apps on their launchers: an app says whom it is for.
      sql: `
        ALTER TABLE idp.app ADD COLUMN audience text[] NOT NULL DEFAULT '{learner,teacher,staff,guardian}';
        COMMENT ON COLUMN idp.app.audience IS 'by what somebody is where the app serves: who sees its tile, and whose guarded data it gets';`,
    },
    {
      name: '014-app-protocol',
      sql: `
        ALTER TABLE idp.app
          ADD COLUMN id_token_alg text NOT NULL DEFAULT 'ES256' CHECK (id_token_alg IN ('ES256', 'RS256', 'PS256', 'EdDSA')),
          ADD COLUMN requires_pkce boolean NOT NULL DEFAULT true,
          ADD COLUMN has_claims_in_id_token boolean NOT NULL DEFAULT false,
          DROP CONSTRAINT app_kind_check,
          DROP CONSTRAINT app_check,
          ADD CONSTRAINT app_kind_check CHECK (kind IN ('web', 'spa', 'native', 'machine')),
          ADD CONSTRAINT app_secret_check CHECK ((kind IN ('spa', 'native')) = (secret_hash IS NULL)),
          ADD CONSTRAINT app_pkce_check CHECK (requires_pkce OR secret_hash IS NOT NULL);
        COMMENT ON COLUMN idp.app.requires_pkce IS 'false: an app with a secret may send a nonce instead (RFC 9700 §2.1.1)';
        ALTER TABLE idp.signing_key ADD COLUMN sealed_others bytea;
        COMMENT ON COLUMN idp.signing_key.sealed_others IS
          'the keys of the same generation for other algorithms than ES256; beside the column that older programs read and publish';`,
    },
    {
      name: '015-app-sandbox',
      sql: `
        ALTER TABLE idp.app ADD COLUMN is_sandbox boolean NOT NULL DEFAULT false,
          ADD CONSTRAINT app_sandbox_check CHECK (NOT (is_sandbox AND is_approved));
        COMMENT ON COLUMN idp.app.is_sandbox IS 'meets invented people only, on loopback addresses, and only those who build it enter';
        ALTER TABLE idp.oauth_grant ADD COLUMN invented_person text;
        COMMENT ON COLUMN idp.oauth_grant.invented_person IS 'whom the developer is at an app in its sandbox';
        CREATE TABLE idp.app_request (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          client_id text NOT NULL REFERENCES idp.app,
          at timestamptz NOT NULL,
          endpoint text NOT NULL,
          error text,
          reason text,
          detail text,
          sent jsonb NOT NULL
        );
        COMMENT ON TABLE idp.app_request IS 'the last requests of an app for those who build it: no secrets, no people';
        CREATE INDEX app_request_client ON idp.app_request (client_id, id DESC);`,
    },
    {
      name: '016-app-keys',
      sql: `
        ALTER TABLE idp.app ADD COLUMN jwks jsonb, ADD COLUMN jwks_uri text,
          ADD CONSTRAINT app_keys_check CHECK (jwks IS NULL OR jwks_uri IS NULL);
        COMMENT ON COLUMN idp.app.jwks IS 'public keys that it proves itself with in place of a secret (RFC 7523, private_key_jwt)';`,
    },
    {
      name: '017-shared-signals',
      sql: `
        CREATE TABLE idp.signal_stream (
          id uuid PRIMARY KEY,
          client_id text NOT NULL UNIQUE REFERENCES idp.app,
          endpoint_url text,
          sealed_authorization bytea,
          requested text[] NOT NULL,
          description text,
          status text NOT NULL DEFAULT 'enabled' CHECK (status IN ('enabled', 'paused', 'disabled')),
          reason text,
          verified_at timestamptz,
          created_at timestamptz NOT NULL
        );
        COMMENT ON TABLE idp.signal_stream IS 'how an app hears what became of accounts that it knows (OpenID SSF 1.0)';
        COMMENT ON COLUMN idp.signal_stream.endpoint_url IS 'where tokens are pushed; null: the app polls';
        CREATE TABLE idp.signal (
          stream_id uuid NOT NULL REFERENCES idp.signal_stream ON DELETE CASCADE,
          position bigint GENERATED ALWAYS AS IDENTITY,
          jti uuid NOT NULL,
          type text NOT NULL,
          person_id uuid,
          details jsonb NOT NULL,
          at timestamptz NOT NULL,
          PRIMARY KEY (stream_id, position),
          UNIQUE (stream_id, jti)
        );
        COMMENT ON TABLE idp.signal IS 'what a receiver has not taken yet';
        CREATE INDEX signal_time ON idp.signal (at);`,
    },
    {
      name: '018-app-apis',
      sql: `
        ALTER TABLE idp.app ADD COLUMN api jsonb, ADD COLUMN api_access jsonb NOT NULL DEFAULT '[]';
        COMMENT ON COLUMN idp.app.api IS 'what it offers to other apps: identifier and scopes (RFC 8707)';
        CREATE UNIQUE INDEX app_api_identifier ON idp.app ((api->>'identifier')) WHERE ended_at IS NULL;`,
    },
    deviceCodes,
    appProfiles,
    ...lifeMigrations,
    ...protocolMigrations,
  ],
};
