import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Hashes that apps ask a person to sign by the API of the Cloud Signature Consortium. */
export const remoteSigning: SchemaMigrations['migrations'][number] = {
  name: '022-remote-signing',
  sql: `
    CREATE TABLE signing.remote_authorisation (
      id uuid PRIMARY KEY,
      client_id text NOT NULL,
      person_id uuid NOT NULL,
      organisation_id uuid NOT NULL,
      enrolment_id uuid NOT NULL REFERENCES signing.enrolment,
      certificate_serial text NOT NULL,
      description text,
      list text NOT NULL,
      challenge bytea NOT NULL UNIQUE,
      code4 text NOT NULL,
      interaction text UNIQUE,
      handle_sha256 bytea UNIQUE,
      sad_sha256 bytea UNIQUE,
      state text NOT NULL CHECK (state IN ('waiting', 'authorised', 'used', 'refused', 'expired')),
      created_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      assertion jsonb,
      assertion_sha256 bytea,
      authorised_at timestamptz,
      used_at timestamptz,
      CHECK (num_nonnulls(interaction, handle_sha256) = 1),
      CHECK ((state = 'authorised') <= (assertion IS NOT NULL)),
      CHECK ((state = 'used') <= (assertion IS NOT NULL))
    );
    CREATE UNIQUE INDEX remote_authorisation_waiting ON signing.remote_authorisation (person_id, client_id)
      WHERE state = 'waiting';
    CREATE INDEX remote_authorisation_usable ON signing.remote_authorisation (person_id, client_id)
      WHERE state = 'authorised';
    CREATE INDEX remote_authorisation_expires ON signing.remote_authorisation (expires_at)
      WHERE state IN ('waiting', 'authorised');
    COMMENT ON COLUMN signing.remote_authorisation.expires_at IS
      'until when the person may confirm; from then on, until when the hashes may be signed';
    COMMENT ON COLUMN signing.remote_authorisation.interaction IS 'the sign-in of the app that waits for the person (OAuth)';
    COMMENT ON COLUMN signing.remote_authorisation.handle_sha256 IS 'of what the app asks with where the person acts elsewhere';
    CREATE TABLE signing.remote_hash (
      authorisation_id uuid NOT NULL REFERENCES signing.remote_authorisation ON DELETE CASCADE,
      position int NOT NULL,
      hash bytea NOT NULL CHECK (octet_length(hash) = 32),
      signature bytea,
      signed_at timestamptz,
      PRIMARY KEY (authorisation_id, position)
    );
    COMMENT ON COLUMN signing.remote_hash.signature IS 'made by the phone with the key that it holds; null for a key of the key store';
    COMMENT ON COLUMN signing.remote_hash.signed_at IS 'when the signature was given to the app; once';`,
};
